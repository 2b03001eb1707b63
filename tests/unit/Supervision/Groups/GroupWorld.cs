using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Groups;
using Osl.Testing;

namespace Osl.Tests.Unit.Supervision.Groups;

/// <summary>Processes and process groups as a kernel has them, behind a <see cref="FakeExecutor"/>: who can be joined, found and ended.</summary>
internal sealed class GroupWorld
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, FakeProcess> _living = [];
    private int _lastPid = 1000;

    internal GroupWorld()
    {
        Executor = new FakeExecutor(Time)
            .Answer<SpawnProcessOperation, SpawnProcessResult>((spawn, _) => Spawn(spawn))
            .Answer<KillProcessGroupOperation, StopResult>((kill, _) => End(kill.Target.Pgid, isGroup: true, kill.StopSequence))
            .Answer<KillProcessOperation, StopResult>((kill, _) => End(kill.Target.Pid, isGroup: false, kill.StopSequence))
            .Answer<AttachProcessOperation, AttachProcessResult>((attach, _) => Attach(attach))
            .Answer<ReleaseProcessOperation, ReleaseProcessResult>((release, _) => Release(release))
            .Answer<QueryProcessGroupOperation, QueryProcessGroupResult>((query, _) => Query(query));
    }

    internal ManualTimeProvider Time { get; } = new();

    internal FakeExecutor Executor { get; }

    /// <summary>Everybody who was ever started, in order.</summary>
    internal List<FakeProcess> All { get; } = [];

    /// <summary>Who was released by an operation.</summary>
    internal HashSet<ProcessRef> Released { get; } = [];

    internal IReadOnlyList<FakeProcess> Living
    {
        get
        {
            lock (_gate)
            {
                return [.. _living.Values];
            }
        }
    }

    internal ProcessGroup Group() => new(Executor, OperationContext.Current, new ProcessGroupOptions { Time = Time });

    /// <summary>Somebody whom nobody here has started.</summary>
    internal FakeProcess Stranger(int? pgid = null) => Start(pgid, group: null);

    internal FakeProcess Of(int pid) => All.Single(process => process.Process.Pid == pid);

    internal void End(FakeProcess process, ExitStatus? status)
    {
        bool lastOfGroup;
        lock (_gate)
        {
            if (!_living.Remove(process.Process.Pid))
            {
                return;
            }

            lastOfGroup = _living.Values.All(other => other.Pgid != process.Pgid);
        }

        process.Exit(status);
        if (lastOfGroup)
        {
            All.FirstOrDefault(other => other.Process.Pid == process.Pgid)?.EndGroup();
        }
    }

    internal OneOf<SpawnProcessResult, OperationError> Spawn(SpawnProcessOperation spawn)
    {
        if (spawn.Program is "missing")
        {
            return new NotFound("the program", "Name another.") { Thing = MissingThing.Program };
        }

        var target = spawn.ProcessGroup.Target?.Group;
        if (target is not null && Living.All(process => process.Pgid != target.Id))
        {
            return new NotFound("a living process in the group", "Look.") { Thing = MissingThing.Group };
        }

        var leads = spawn.ProcessGroup.Placement == ProcessGroupPlacement.NewGroup || spawn.DetachFromTerminal;
        var process = Start(target?.Id, target, leads);
        return new SpawnProcessResult(process.Process, process.Pgid) { Group = process.Group, Live = process };
    }

    private FakeProcess Start(int? pgid, GroupRef? group, bool leads = false)
    {
        lock (_gate)
        {
            var pid = ++_lastPid;
            var reference = new ProcessRef(pid, pid, "fake", 0);
            var own = leads ? new GroupRef(pid, reference, OperationId.New(DateTimeOffset.UnixEpoch)) : group;
            var process = new FakeProcess(this, reference, pgid ?? (leads ? pid : 1), own, leads);
            All.Add(process);
            _living[pid] = process;
            return process;
        }
    }

    private OneOf<StopResult, OperationError> End(int id, bool isGroup, StopSequence sequence)
    {
        var targets = Living.Where(process => (isGroup ? process.Pgid : process.Process.Pid) == id).ToList();
        if (targets.Count == 0)
        {
            return new NotFound("somebody there", "Look.") { Thing = isGroup ? MissingThing.Group : MissingThing.Process };
        }

        var dying = targets.Where(process => !process.HangsInTheKernel).ToList();
        dying.ForEach(process => End(process, new ExitStatus(null, sequence.Steps[0].Signal)));
        return dying.Count == targets.Count
            ? new StopResult(id, isGroup, targets.Count, targets.Count, 0)
            : new StopFailed(targets.Except(dying).Select(process => process.Process).ToValueList(), null);
    }

    private OneOf<AttachProcessResult, OperationError> Attach(AttachProcessOperation attach) =>
        Living.FirstOrDefault(process => process.Process.Pid == attach.Target.Pid) is { } process
            ? new AttachProcessResult(process.Process, process.Pgid) { Group = process.Group, Live = process }
            : new NotFound("the process", "Look.") { Thing = MissingThing.Process };

    private OneOf<ReleaseProcessResult, OperationError> Release(ReleaseProcessOperation release)
    {
        var targets = Living
            .Where(process => (release.TargetGroup ? process.Pgid : process.Process.Pid) == release.Target.Pid)
            .Select(process => process.Process)
            .ToValueList();
        if (targets.Count == 0)
        {
            return new NotFound("somebody there", "Look.") { Thing = MissingThing.Process };
        }

        Released.UnionWith(targets);
        return new ReleaseProcessResult(release.Target.Pid, release.TargetGroup, targets);
    }

    private OneOf<QueryProcessGroupResult, OperationError> Query(QueryProcessGroupOperation query)
    {
        var members = Living.Where(process => process.Pgid == query.Target.Pgid).ToList();
        return members.Count == 0
            ? new NotFound("a living process in the group", "Look.") { Thing = MissingThing.Group }
            : new QueryProcessGroupResult(
                query.Target.Pgid,
                members
                    .Select(member => new ProcessState(member.Process, "x", 1, member.Pgid, 1, 0, ProcessActivity.Sleeping))
                    .ToValueList(),
                []
            )
            {
                Group = new GroupRef(query.Target.Pgid, new ProcessRef(query.Target.Pgid, 1, "fake", 0), default),
            };
    }
}

/// <summary>One process of a <see cref="GroupWorld"/>.</summary>
internal sealed class FakeProcess(GroupWorld world, ProcessRef process, int pgid, GroupRef? group, bool leads) : IRunningProcess
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _groupEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ProcessRef Process => process;

    public GroupRef? Group => group;

    internal int Pgid => pgid;

    /// <summary>No signal ends it.</summary>
    internal bool HangsInTheKernel { get; set; }

    public Stream? StandardInput => null;

    public Stream? StandardOutput => null;

    public Stream? StandardError => null;

    public Task<ProcessExit> Exited => _exited.Task;

    public Task? GroupEnded => leads ? _groupEnded.Task : null;

    public Task<CapturedStreams> OutputEnded { get; } = Task.FromResult(new CapturedStreams(CapturedOutput.Empty, CapturedOutput.Empty));

    internal bool IsDisposed { get; private set; }

    public void EndCapture() { }

    public ValueTask<OneOf<StopResult, OperationError>> StopAsync(
        StopSequence? stopSequence = null,
        CancellationToken cancellationToken = default
    )
    {
        var sequence = stopSequence ?? StopSequence.Default;
        return leads
            ? world.Executor.ExecuteAsync(
                new KillProcessGroupOperation(group!) { StopSequence = sequence },
                OperationContext.Current,
                cancellationToken
            )
            : world.Executor.ExecuteAsync(
                new KillProcessOperation(process) { StopSequence = sequence },
                OperationContext.Current,
                cancellationToken
            );
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }

    internal void Exit(ExitStatus? status) => _exited.SetResult(new ProcessExit(process, status, TimeSpan.Zero, TimeSpan.Zero, 0));

    internal void EndGroup() => _groupEnded.TrySetResult();
}
