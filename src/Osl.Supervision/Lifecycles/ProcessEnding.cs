using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>
/// Ends a process, or the group that was made for it and then who has left that, as operations like any other, and always comes back:
/// bounded, and with a value whatever the executor does. For whoever cleans up after somebody and must not hang with it.
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

    /// <summary>What ends a process, or in its place the group that was made for it.</summary>
    internal static IOperation<StopResult> By(ProcessRef process, GroupRef? group, StopSequence sequence) =>
        group is null
            ? new KillProcessOperation(process) { StopSequence = sequence }
            : new KillProcessGroupOperation(group) { StopSequence = sequence };

    /// <summary>Who was found to have left the group that was ended, whether somebody in it has survived or not.</summary>
    internal static ValueList<ProcessRef> EscapedOf(OneOf<StopResult, OperationError> stopped) => ResultOf(stopped)?.Escaped ?? [];

    /// <summary>Ends it by a sequence, by force at last, and then who has left its group.</summary>
    /// <param name="process">The process.</param>
    /// <param name="group">The group that was made for it, which is ended in its place; null for none.</param>
    /// <param name="sequence">How.</param>
    /// <param name="context">On whose behalf.</param>
    internal async Task<Ending> EndAsync(ProcessRef process, GroupRef? group, StopSequence sequence, OperationContext context) =>
        await EndEscapedAsync(await StopAsync(process, group, sequence, context).ConfigureAwait(false), group, context)
            .ConfigureAwait(false);

    /// <summary>Ends it by a sequence, by force at last; who has left its group is still to be ended (<see cref="EndEscapedAsync"/>).</summary>
    /// <param name="process">The process.</param>
    /// <param name="group">The group that was made for it, which is ended in its place; null for none.</param>
    /// <param name="sequence">How.</param>
    /// <param name="context">On whose behalf.</param>
    internal Task<OneOf<StopResult, OperationError>> StopAsync(
        ProcessRef process,
        GroupRef? group,
        StopSequence sequence,
        OperationContext context
    ) => ExecuteAsync(By(process, group, sequence.EndingWithKill()), sequence, Within(group, context), CancellationToken.None);

    /// <summary>
    /// Kills, all at once, who has left the group that was ended, and is of the same operation all the same. One that can't be ended saves
    /// none of the others, nor does somebody who has survived in the group.
    /// </summary>
    /// <param name="stopped">What came of ending the group, or the process.</param>
    /// <param name="group">The group; null for none.</param>
    /// <param name="context">On whose behalf.</param>
    /// <param name="cancellationToken">Sends nothing more: who is there still is then told as a survivor.</param>
    internal async Task<Ending> EndEscapedAsync(
        OneOf<StopResult, OperationError> stopped,
        GroupRef? group,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
    {
        var escaped = await KillAsync(EscapedOf(stopped), group, context, cancellationToken).ConfigureAwait(false);
        return new Ending(ResultOf(stopped), stopped.TryPickT1(out var error, out _) && !error.IsGone() ? error : null, escaped);
    }

    /// <summary>Kills some who have left a group, each by himself.</summary>
    /// <param name="escaped">Whom.</param>
    /// <param name="group">The group; null where it is not known.</param>
    /// <param name="context">On whose behalf.</param>
    /// <param name="cancellationToken">Sends nothing more.</param>
    /// <returns>Each of them, with why he may be there; null where he is not.</returns>
    internal Task<(ProcessRef Process, OperationError? Problem)[]> KillAsync(
        IEnumerable<ProcessRef> escaped,
        GroupRef? group,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        return Task.WhenAll(escaped.Select(KillOneAsync));

        async Task<(ProcessRef, OperationError?)> KillOneAsync(ProcessRef one)
        {
            var operation = By(one, group: null, StopSequence.Immediate);
            var killed = await ExecuteAsync(operation, StopSequence.Immediate, Within(group, context), cancellationToken)
                .ConfigureAwait(false);
            return (one, killed.TryPickT1(out var error, out _) && !error.IsGone() ? error : null);
        }
    }

    private static StopResult? ResultOf(OneOf<StopResult, OperationError> stopped) =>
        stopped.TryPickT0(out var result, out var error) ? result : (error as StopFailed)?.Partial as StopResult;

    /// <summary>Done in the course of the operation that has started it, where that is known.</summary>
    private static OperationContext Within(GroupRef? group, OperationContext context) =>
        group is { } of && of.Operation != default ? context with { Parent = of.Operation } : context;

    private async Task<OneOf<StopResult, OperationError>> ExecuteAsync(
        IOperation<StopResult> operation,
        StopSequence sequence,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        var bound = LongestOf(sequence);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
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
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new OperationFailed(
                "end_interrupted",
                $"{operation} was interrupted before it was done.",
                "End it again, or leave it be."
            );
        }
        catch (Exception e)
        {
            // Whether somebody is left is not known.
            return Failed("cleanup_threw", $"{operation} threw {e.GetType().Name}.");
        }
    }

    private static OperationFailed Failed(string code, string message) =>
        new(code, message, "See whether it still runs (osl ps), and what the host is waiting for (health check, journal).")
        {
            Effect = OperationEffect.Unknown,
        };
}
