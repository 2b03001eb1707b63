using System.Collections.Concurrent;
using Osl.Operations;

namespace Osl.Executors.Handlers;

/// <summary>The processes this host has started and not yet seen end.</summary>
internal sealed class LiveProcesses
{
    private readonly ConcurrentDictionary<OperationId, RunningProcess> _running = new();

    private volatile Action<RunningProcess>? _closing;

    internal void Add(RunningProcess process)
    {
        _running[process.Operation] = process;
        _closing?.Invoke(process);
    }

    /// <summary>
    /// From here on, whoever is still added is handed over: an operation that was admitted before the host was closed may launch after
    /// the snapshot, and its program would be waited for by nobody but the drain.
    /// </summary>
    internal void Close(Action<RunningProcess> end) => _closing = end;

    internal void Remove(RunningProcess process) => _running.TryRemove(process.Operation, out _);

    internal IReadOnlyList<RunningProcess> Snapshot() => [.. _running.Values];
}
