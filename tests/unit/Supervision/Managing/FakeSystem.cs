using System.Collections.Concurrent;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Testing;

namespace Osl.Tests.Unit.Supervision.Managing;

/// <summary>An executor whose processes end as they are told to, and a table of them.</summary>
internal sealed class FakeSystem : IProcessTable
{
    private readonly ConcurrentDictionary<ProcessRef, FakeProcess> _all = new();
    private readonly ConcurrentDictionary<ProcessRef, ProcessActivity> _activity = new();
    private int _pid = 999;

    internal FakeSystem(TimeProvider clock)
    {
        Executor = new FakeExecutor(clock);
        Executor.Answer<SpawnProcessOperation, SpawnProcessResult>((spawn, _) => Spawn(spawn));
        Executor.AnswerAsync<KillProcessGroupOperation, StopResult>(
            async (kill, _, _) =>
            {
                await OnGroupKill(kill);
                return Kill(kill.Target.Group!.Leader, kill.StopSequence, isGroup: true);
            }
        );
        Executor.Answer<KillProcessOperation, StopResult>(
            (kill, _) => ProcessEndFails() is { } error ? error : Kill(kill.Target.Process!, kill.StopSequence, isGroup: false)
        );
        Executor.Answer<ProcessSignalOperation, ProcessSignalResult>((signal, _) => Send(signal));
    }

    internal FakeExecutor Executor { get; }

    /// <summary>Why the next spawns fail; null when they do not.</summary>
    internal Func<OperationError?> SpawnFails { get; set; } = () => null;

    /// <summary>Why signals and ends are refused; null when they are not.</summary>
    internal Func<OperationError?> EndFails { get; set; } = () => null;

    /// <summary>Why ends of one process are refused, and those of groups are not.</summary>
    internal Func<OperationError?> ProcessEndFails { get; set; } = () => null;

    /// <summary>Waited for before a group is ended.</summary>
    internal Func<KillProcessGroupOperation, Task> OnGroupKill { get; set; } = _ => Task.CompletedTask;

    /// <summary>What a process writes; null for what nobody reads.</summary>
    internal Func<SpawnProcessOperation, Stream?> OutputOf { get; set; } = _ => null;

    /// <summary>Who has left the groups that are ended, and lives.</summary>
    internal List<ProcessRef> Escaped { get; } = [];

    /// <summary>Whether SIGTERM ends a process.</summary>
    internal bool MindsTerminate { get; set; } = true;

    internal IReadOnlyList<FakeProcess> All => [.. _all.Values.OrderBy(process => process.Process.Pid)];

    internal IReadOnlyList<FakeProcess> Alive => [.. All.Where(process => !process.Exited.IsCompleted)];

    internal FakeProcess Last => All[^1];

    /// <summary>Most runs of one program that were ever there at once: with whoever they have left.</summary>
    internal int MostAtOnce { get; private set; }

    internal void Does(ProcessRef process, ProcessActivity activity) => _activity[process] = activity;

    public ProcessState? Read(ProcessRef process) =>
        (_all.TryGetValue(process, out var fake) && !fake.Exited.IsCompleted) || Escaped.Contains(process)
            ? new ProcessState(
                process,
                "fake",
                1,
                process.Pid,
                process.Pid,
                0,
                _activity.GetValueOrDefault(process, ProcessActivity.Sleeping)
            )
            : null;

    private OneOf<SpawnProcessResult, OperationError> Spawn(SpawnProcessOperation spawn)
    {
        if (SpawnFails() is { } error)
        {
            return error;
        }

        lock (_all)
        {
            var process = new ProcessRef(Interlocked.Increment(ref _pid), _pid, "boot", 0);
            var group =
                spawn.ProcessGroup.Placement == ProcessGroupPlacement.NewGroup
                    ? new GroupRef(process.Pid, process, OperationId.New(DateTimeOffset.UnixEpoch))
                    : null;
            var live = new FakeProcess(process, group) { StandardOutput = OutputOf(spawn) };
            _all[process] = live;
            MostAtOnce = Math.Max(MostAtOnce, All.Count(fake => !fake.Exited.IsCompleted || fake.IsGroupAlive));
            return new SpawnProcessResult(process, process.Pid) { Group = group, Live = live };
        }
    }

    private OneOf<StopResult, OperationError> Kill(ProcessRef target, StopSequence sequence, bool isGroup)
    {
        if (EndFails() is { } error)
        {
            return error;
        }

        if (Escaped.Remove(target))
        {
            return new StopResult(target.Pid, isGroup, 1, 1, 1);
        }

        var fake = _all[target];
        if (!fake.IsGroupAlive && fake.Exited.IsCompleted)
        {
            return new NotFound("it", "") { Thing = MissingThing.Group };
        }

        fake.HasLeftovers = false;
        var ended = Minds(sequence) && fake.Exit(new ExitStatus(null, sequence.Steps[0].Signal)) ? 1 : 0;
        return fake.Exited.IsCompleted
            ? new StopResult(target.Pid, isGroup, 1, ended, 0) { Escaped = [.. Escaped] }
            : new StopFailed([target], new StopResult(target.Pid, isGroup, 1, ended, 0) { Escaped = [.. Escaped] });
    }

    private bool Minds(StopSequence sequence) => MindsTerminate || sequence.Steps.Any(step => step.Signal == Signal.Kill);

    private OneOf<ProcessSignalResult, OperationError> Send(ProcessSignalOperation operation)
    {
        if (EndFails() is { } error)
        {
            return error;
        }

        var fake = All.First(process => process.Process.Pid == operation.Target.Pid);
        if (fake.Exited.IsCompleted)
        {
            return new NotFound("it", "") { Thing = MissingThing.Process };
        }

        if (operation.Signal == Signal.Kill || (operation.Signal == Signal.Terminate && MindsTerminate))
        {
            fake.Exit(new ExitStatus(null, operation.Signal));
        }

        return new ProcessSignalResult(operation.Target.Pid, operation.TargetGroup, 1);
    }
}
