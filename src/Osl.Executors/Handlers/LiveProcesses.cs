using System.Collections.Concurrent;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>The processes this host has started and not yet seen end.</summary>
internal sealed class LiveProcesses
{
    private const int FewOutputs = 64;

    private readonly ConcurrentDictionary<OperationId, RunningProcess> _running = new();

    /// <summary>
    /// Who has an output that can be read, also after its end: until its view is disposed or forgotten, hence weakly, so that the descriptor
    /// of who was forgotten is closed one day.
    /// </summary>
    private readonly ConcurrentDictionary<OperationId, WeakReference<RunningProcess>> _outputs = new();

    private volatile Action<RunningProcess>? _closing;
    private int _sweepAt = FewOutputs;

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

    /// <summary>Its output can be another process's input.</summary>
    internal void AddOutput(RunningProcess process)
    {
        _outputs[process.Operation] = new WeakReference<RunningProcess>(process);
        if (_outputs.Count >= Volatile.Read(ref _sweepAt))
        {
            foreach (var (operation, reference) in _outputs)
            {
                if (!reference.TryGetTarget(out _))
                {
                    _outputs.TryRemove(operation, out _);
                }
            }

            Volatile.Write(ref _sweepAt, Math.Max(FewOutputs, 2 * _outputs.Count));
        }
    }

    internal void RemoveOutput(RunningProcess process) => _outputs.TryRemove(process.Operation, out _);

    /// <summary>The output of what an operation has started for a principal; null when there is none.</summary>
    internal Stream? OutputOf(OperationId operation, Principal principal) =>
        _outputs.TryGetValue(operation, out var reference)
        && reference.TryGetTarget(out var process)
        && string.Equals(process.Principal.Name, principal.Name, StringComparison.Ordinal)
            ? process.StandardOutput
            : null;

    /// <summary>Who holds a process here: it may have been started for one principal and attached to for another.</summary>
    internal IReadOnlyList<RunningProcess> Of(ProcessRef process) => [.. _running.Values.Where(running => running.Process == process)];

    /// <summary>Who is in a group here, or made it.</summary>
    internal IReadOnlyList<RunningProcess> Of(GroupRef group) => [.. _running.Values.Where(running => running.Group == group)];

    internal IReadOnlyList<RunningProcess> Snapshot() => [.. _running.Values];
}
