using System.Collections.Concurrent;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Testing;

namespace Osl.Tests.Unit.Supervision.Trees;

/// <summary>An executor whose processes end when the test says so, or when they are killed.</summary>
internal sealed class FakeProcesses
{
    private readonly ConcurrentQueue<FakeProcess> _started = new();
    private int _lastPid = 999;

    internal FakeProcesses()
    {
        Executor
            .Answer<SpawnProcessOperation, SpawnProcessResult>((spawn, _) => Refusal ?? (OneOf<SpawnProcessResult, OperationError>)Start())
            .Answer<KillProcessGroupOperation, StopResult>((kill, _) => Kill(kill.Target.Pgid));
    }

    internal FakeExecutor Executor { get; } = new();

    /// <summary>In the order of their starts.</summary>
    internal IReadOnlyList<FakeProcess> Started => [.. _started];

    /// <summary>What starting is answered with; null to start.</summary>
    internal OperationError? Refusal { get; set; }

    /// <summary>What ending is answered with; null to end.</summary>
    internal OperationError? KillRefusal { get; set; }

    /// <summary>Who has left its group when it is ended.</summary>
    internal ValueList<ProcessRef> Escaped { get; set; } = [];

    internal int Alive => _started.Count(process => !process.Exited.IsCompleted || process.HasLeftovers);

    internal SpawnProcessResult Start()
    {
        var pid = Interlocked.Increment(ref _lastPid);
        var process = new ProcessRef(pid, pid, "fake-boot", 0);
        var group = new GroupRef(pid, process, OperationId.New(TimeProvider.System.GetUtcNow()));
        var live = new FakeProcess(process, group);
        _started.Enqueue(live);
        return new SpawnProcessResult(process, pid) { Group = group, Live = live };
    }

    private OneOf<StopResult, OperationError> Kill(int pgid)
    {
        if (KillRefusal is { } refusal)
        {
            return refusal;
        }

        var process = _started.Single(started => started.Process.Pid == pgid);
        if (!process.IsGroupAlive)
        {
            return new NotFound($"group {pgid}", "It has ended.") { Thing = MissingThing.Group };
        }

        process.HasLeftovers = false;
        process.Exit(new ExitStatus(null, Signal.Terminate));
        return new StopResult(pgid, IsGroup: true, ProcessesAffected: 1, Ended: 1, Forced: 0) { Escaped = Escaped };
    }
}
