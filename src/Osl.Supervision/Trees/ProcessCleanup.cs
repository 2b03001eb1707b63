using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Trees;

/// <summary>What came of ending the processes of somebody.</summary>
/// <param name="Orphans">Those of whom somebody was still alive, with how many were ended and how many of these had left their group.</param>
/// <param name="Failures">Those that could not be ended; who had left a group is named by itself.</param>
/// <param name="LeftRunning">Those that are Detached.</param>
internal sealed record CleanupReport(
    IReadOnlyList<(ChildProcessInfo Process, int Ended, int Escaped)> Orphans,
    IReadOnlyList<(ChildProcessInfo Process, OperationError Problem)> Failures,
    IReadOnlyList<ChildProcessInfo> LeftRunning
)
{
    internal static CleanupReport Nothing { get; } = new([], [], []);
}

/// <summary>Ends OS processes that somebody has named, all at once, each by its stop sequence: operations like any other.</summary>
/// <param name="executor">By whom.</param>
/// <param name="clock">Bounds the wait for an executor that never answers.</param>
internal sealed class ProcessCleanup(IOperationExecutor executor, TimeProvider clock)
{
    private readonly ProcessEnding _ending = new(executor, clock);

    /// <summary>How long ending them may take: all at once, each by its own sequence, and then who has left its group.</summary>
    internal static TimeSpan LongestOf(IReadOnlyList<ChildProcessInfo> processes, StopSequence otherwise) =>
        processes
            .Where(process => process.Lifetime == ProcessLifetime.Managed)
            .Select(process => ProcessEnding.LongestOf(process.StopSequence ?? otherwise))
            .Append(ProcessEnding.LongestOf(otherwise))
            .Max() + ProcessEnding.LongestOf(StopSequence.Immediate);

    internal async Task<CleanupReport> EndAsync(IReadOnlyList<ChildProcessInfo> processes, StopSequence otherwise, OperationContext context)
    {
        if (processes.Count == 0)
        {
            return CleanupReport.Nothing;
        }

        var managed = processes.Where(process => process.Lifetime == ProcessLifetime.Managed).ToArray();
        var ended = await Task.WhenAll(managed.Select(process => EndAsync(process, process.StopSequence ?? otherwise, context)))
            .ConfigureAwait(false);
        return new CleanupReport(
            [
                .. managed
                    .Zip(ended)
                    .Where(pair => pair.Second.Ended > 0)
                    .Select(pair => (pair.First, pair.Second.Ended, pair.Second.Escaped)),
            ],
            [.. ended.SelectMany(one => one.Failures)],
            [.. processes.Where(process => process.Lifetime == ProcessLifetime.Detached)]
        );
    }

    private async Task<Ending> EndAsync(ChildProcessInfo process, StopSequence sequence, OperationContext context)
    {
        var because = context with { Parent = process.Group is { } of && of.Operation != default ? of.Operation : context.Parent };
        var stopped = await _ending.EndAsync(process.Process, process.Group, sequence, because).ConfigureAwait(false);
        var failures = new List<(ChildProcessInfo, OperationError)>();
        if (stopped.TryPickT1(out var error, out var result) && !error.IsGone())
        {
            failures.Add((process, error));
            // Somebody has survived; who had left the group is told of all the same.
            result = (error as StopFailed)?.Partial as StopResult;
        }

        // Who has left the group in time is of the same operation all the same. One that can't be ended saves none of the others.
        var runaways = result is null ? [] : result.Escaped.ToArray();
        var killed = await Task.WhenAll(runaways.Select(runaway => _ending.EndAsync(runaway, group: null, StopSequence.Immediate, because)))
            .ConfigureAwait(false);
        var escaped = 0;
        foreach (var (runaway, answer) in runaways.Zip(killed))
        {
            if (answer.TryPickT1(out error, out _) && !error.IsGone())
            {
                failures.Add((new ChildProcessInfo(runaway), error));
            }
            else
            {
                escaped++;
            }
        }

        return new Ending((result?.Ended ?? 0) + escaped, escaped, failures);
    }

    private sealed record Ending(int Ended, int Escaped, IReadOnlyList<(ChildProcessInfo Process, OperationError Problem)> Failures);
}
