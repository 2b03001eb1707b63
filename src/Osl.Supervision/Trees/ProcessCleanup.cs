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

    private async Task<Cleaned> EndAsync(ChildProcessInfo process, StopSequence sequence, OperationContext context)
    {
        var ending = await _ending.EndAsync(process.Process, process.Group, sequence, context).ConfigureAwait(false);
        var failures = new List<(ChildProcessInfo, OperationError)>();
        if (ending.Problem is { } problem)
        {
            failures.Add((process, problem));
        }

        failures.AddRange(
            ending.Escaped.Where(one => one.Problem is not null).Select(one => (new ChildProcessInfo(one.Process), one.Problem!))
        );
        var gone = ending.Escaped.Count(one => one.Problem is null);
        return new Cleaned((ending.Result?.Ended ?? 0) + gone, gone, failures);
    }

    private sealed record Cleaned(int Ended, int Escaped, IReadOnlyList<(ChildProcessInfo Process, OperationError Problem)> Failures);
}
