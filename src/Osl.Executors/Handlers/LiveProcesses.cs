using System.Collections.Concurrent;
using Osl.Operations;

namespace Osl.Executors.Handlers;

/// <summary>The processes this host has started and not yet seen end.</summary>
internal sealed class LiveProcesses
{
    private readonly ConcurrentDictionary<OperationId, RunningProcess> _running = new();

    internal int Count => _running.Count;

    internal void Add(RunningProcess process) => _running[process.Operation] = process;

    internal void Remove(RunningProcess process) => _running.TryRemove(process.Operation, out _);

    internal IReadOnlyList<RunningProcess> Snapshot() => [.. _running.Values];
}
