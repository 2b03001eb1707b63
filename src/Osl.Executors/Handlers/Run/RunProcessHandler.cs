using Osl.Executors.Stopping;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>Runs programs to their end, and ends what they leave behind in a group of their own (adr/0006-spawn-and-run.md).</summary>
internal sealed class RunProcessHandler(HandlerServices services, SpawnProcessHandler spawns)
    : IOperationHandler<RunProcessOperation, RunProcessResult>
{
    public ValueTask<OneOf<Prepared<RunProcessResult>, OperationError>> PrepareAsync(
        RunProcessOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) =>
        ValueTask.FromResult<OneOf<Prepared<RunProcessResult>, OperationError>>(
            spawns.Prepare(operation.Spawn, preparation).TryPickT0(out var launch, out var error)
                ? new PreparedRun(services, launch)
                : error
        );
}

internal sealed class PreparedRun(HandlerServices services, SpawnPreparation preparation) : Prepared<RunProcessResult>(preparation.Facts)
{
    /// <summary>How long the end of the output is waited for once the program and its group have ended: somebody outside may hold it.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(2);

    public override async ValueTask<OneOf<RunProcessResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (preparation.Launch(scope, announce: true).TryPickT1(out var failed, out var running))
        {
            return failed;
        }

        // Nobody else has its view: a terminal is closed with the end of the run.
        await using var view = running.ConfigureAwait(false);
        try
        {
            await running.Exited.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return await CancelAsync(running, cancellationToken).ConfigureAwait(false);
        }

        var left = await running.EndLeftoversAsync(cancellationToken).ConfigureAwait(false);
        if (cancellationToken.IsCancellationRequested && left.Survivors.Count == 0)
        {
            running.EndCapture();
            throw new OperationCanceledException(cancellationToken);
        }

        var result = await ResultAsync(running, left).ConfigureAwait(false);
        return left.Survivors.Count > 0 ? new StopFailed(left.Survivors, result) { Effect = OperationEffect.Happened }
            : result.Exit.TimeLimitReached
                ? new TimedOut(preparation.Operation.TimeLimit!.Value, result) { Effect = OperationEffect.Happened }
            : result;
    }

    protected override void Dispose(bool disposing)
    {
        preparation.Dispose();
        base.Dispose(disposing);
    }

    private static async Task<OperationError> CancelAsync(RunningProcess running, CancellationToken cancellationToken)
    {
        var report = await running.EndAsync(running.StopSequence.EndingWithKill(), CancellationToken.None).ConfigureAwait(false);
        running.EndCapture();
        if (report.Survivors.Count > 0)
        {
            return new StopFailed(report.Survivors, null) { Effect = OperationEffect.Happened };
        }

        if (report.Error is { } unseen)
        {
            // It may live on: who waited for its end now would wait for ever.
            return unseen with { Effect = OperationEffect.Happened, Transient = false };
        }

        // Reaped and recorded before the caller learns of it.
        await running.Exited.ConfigureAwait(false);
        throw new OperationCanceledException(cancellationToken);
    }

    private async Task<RunProcessResult> ResultAsync(RunningProcess running, StopReport left)
    {
        try
        {
            await running.OutputEnded.WaitAsync(OutputPatience, services.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Somebody who left the group still holds the streams: what came so far is the output, marked as incomplete.
            running.EndCapture();
        }

        var output = await running.OutputEnded.ConfigureAwait(false);
        var exit = await running.Exited.ConfigureAwait(false);
        return new RunProcessResult(running.Process, running.Pgid, exit, output.Output, output.Error)
        {
            LeftBehind = left.Affected,
            Escaped = running.Escaped(),
        };
    }
}
