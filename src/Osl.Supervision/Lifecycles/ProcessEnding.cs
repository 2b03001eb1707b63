using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>
/// Ends a process, or the group that was made for it, as an operation like any other, and always comes back: bounded, and with a value
/// whatever the executor does. For whoever cleans up after somebody and must not hang with it.
/// </summary>
/// <param name="executor">By whom.</param>
/// <param name="clock">Bounds the wait for an executor that never answers, or for an approval that never comes.</param>
internal sealed class ProcessEnding(IOperationExecutor executor, TimeProvider clock)
{
    /// <summary>How much longer than its stop sequence an operation may take.</summary>
    internal static TimeSpan Slack { get; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an end by a sequence may take in all.</summary>
    internal static TimeSpan LongestOf(StopSequence sequence) =>
        sequence.EndingWithKill().Steps.Aggregate(Slack, (sum, step) => sum + step.Wait);

    /// <summary>Ends it by a sequence, by force at last.</summary>
    /// <param name="process">The process.</param>
    /// <param name="group">The group that was made for it, which is ended in its place; null for none.</param>
    /// <param name="sequence">How.</param>
    /// <param name="context">On whose behalf.</param>
    internal async Task<OneOf<StopResult, OperationError>> EndAsync(
        ProcessRef process,
        GroupRef? group,
        StopSequence sequence,
        OperationContext context
    )
    {
        var steps = sequence.EndingWithKill();
        IOperation<StopResult> operation = group is null
            ? new KillProcessOperation(process) { StopSequence = steps }
            : new KillProcessGroupOperation(group) { StopSequence = steps };
        var bound = LongestOf(steps);
        using var enough = new CancellationTokenSource();
        try
        {
            var answer = executor.ExecuteAsync(operation, context, enough.Token).AsTask();
            await clock.WaitAsync(answer, bound).ConfigureAwait(false);
            return await answer.ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await enough.CancelAsync().ConfigureAwait(false);
            return Failed("cleanup_timeout", $"Ending {operation} has not been answered for {bound.TotalSeconds:0} s.");
        }
        catch (ObjectDisposedException)
        {
            return new OperationFailed("host_disposed", "The host is being disposed of.", "It ends what is Managed itself.");
        }
        catch (Exception e)
        {
            // Whether somebody is left is not known.
            return Failed("cleanup_threw", $"Ending {process} threw {e.GetType().Name}.");
        }
    }

    /// <summary>
    /// Kills, all at once, who has left the group that was ended, and is of the same operation all the same. One that can't be ended saves
    /// none of the others.
    /// </summary>
    /// <param name="stopped">What came of ending the group.</param>
    /// <param name="context">On whose behalf.</param>
    /// <returns>Each of them, with why it may be there; null where it is not.</returns>
    internal async Task<(ProcessRef Process, OperationError? Problem)[]> EndEscapedAsync(StopResult? stopped, OperationContext context)
    {
        var escaped = stopped?.Escaped.ToArray() ?? [];
        var answers = await Task.WhenAll(escaped.Select(one => EndAsync(one, group: null, StopSequence.Immediate, context)))
            .ConfigureAwait(false);
        return [.. escaped.Zip(answers, (one, answer) => (one, answer.TryPickT1(out var error, out _) && !error.IsGone() ? error : null))];
    }

    private static OperationFailed Failed(string code, string message) =>
        new(code, message, "See whether it still runs (osl ps), and what the host is waiting for (health check, journal).")
        {
            Effect = OperationEffect.Unknown,
        };
}
