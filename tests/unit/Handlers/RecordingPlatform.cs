using Osl.Executors;
using Osl.Executors.Registry;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Tests.Unit.Handlers;

/// <summary>A platform on which every process exists and every signal arrives: what reaches it is what the handlers let through.</summary>
internal sealed class RecordingPlatform(int self, int ownGroup) : IPlatformExecutor
{
    internal List<(int Id, bool IsGroup)> Held { get; } = [];

    internal List<(int Id, bool IsGroup, Signal Signal)> Signals { get; } = [];

    public PlatformCapabilities Capabilities { get; } = new("recording", []);

    public bool IsProtected(int id, bool isGroup) => id <= 1 || (isGroup ? id == ownGroup : id == self);

    public OneOf<ExecutableLease, OperationError> OpenExecutable(
        string program,
        string workingDirectory,
        IReadOnlyList<string> searchPath
    ) => new Executable();

    public OneOf<SpawnContext, OperationError> PrepareContext(SpawnProcessOperation operation) => SpawnContext.AsHost;

    public OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan)
    {
        if (plan.JoinGroup is { } group)
        {
            Signals.Add((group.Group.Id, true, default));
        }

        return new Unsupported("a launch", "Nothing.");
    }

    public OneOf<LaunchedProcess, OperationError> Attach(AttachPlan plan)
    {
        Signals.Add((plan.Process.Process.Pid, false, default));
        return new Unsupported("an attachment", "Nothing.");
    }

    public OneOf<ProcessLease, OperationError> Hold(ProcessTarget target)
    {
        Held.Add((target.Pid, false));
        return new Process(this, Ref(target.Pid));
    }

    public OneOf<GroupLease, OperationError> Hold(GroupTarget target)
    {
        Held.Add((target.Pgid, true));
        return new Group(this, new GroupRef(target.Pgid, Ref(target.Pgid), default));
    }

    public IReadOnlyList<ProcessRef> Escaped(GroupRef group) => [];

    public ProcessState? Read(ProcessRef process) => State(process);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static ProcessRef Ref(int pid) => new(pid, 1, "", 0);

    private static ProcessState State(ProcessRef process) =>
        new(process, "x", 1, process.Pid, process.Pid, HostIdentity.EffectiveUid, ProcessActivity.Sleeping);

    private sealed class Executable() : ExecutableLease(new ExecutableFacts("x", "/x", "/x", 1, 1, 0, 0, null))
    {
        public override void Dispose() { }
    }

    private sealed class Process(RecordingPlatform platform, ProcessRef process) : ProcessLease(process)
    {
        private bool _ended;

        public override ProcessState? Read() => _ended ? null : State(Process);

        public override OperationError? Signal(Signal signal)
        {
            platform.Signals.Add((Process.Pid, false, signal));
            _ended = true;
            return null;
        }

        public override Task WaitForExitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Dispose() { }
    }

    private sealed class Group(RecordingPlatform platform, GroupRef group) : GroupLease(group)
    {
        private bool _ended;

        public override IReadOnlyList<ProcessState> Members() => _ended ? [] : [State(Group.Leader)];

        public override OperationError? Signal(Signal signal)
        {
            platform.Signals.Add((Group.Id, true, signal));
            _ended = true;
            return null;
        }

        public override Task<int> WaitUntilEmptyAsync(CancellationToken cancellationToken) => Task.FromResult(1);

        public override void Dispose() { }
    }
}

/// <summary>A registry in which everything was started for the one who asks, so that nothing but protection stands in the way.</summary>
internal sealed class EverythingIsMine(string principal) : ILaunchRegistry
{
    public OneOf<IRegistration, OperationError> Reserve(IRegistryPlan plan) => new Unsupported("a launch", "Nothing.");

    public GroupEntry? FindGroup(int pgid) => Entry(pgid);

    public GroupEntry? FindProcess(int pid) => Entry(pid);

    public IReadOnlyList<GroupEntry> Live() => [];

    public IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries) => new Dictionary<int, int>();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private GroupEntry Entry(int id) =>
        new(default, new ProcessRef(id, 1, "", 0), id, true, ProcessLifetime.Managed, 1, principal, "x", default);
}
