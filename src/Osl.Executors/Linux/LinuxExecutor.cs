using Osl.Executors.Registry;
using Osl.Executors.Streams;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Linux without native code: posix_spawn(3) to start, pidfds to hold, signal and wait, epoll(7) to notice. See
/// <see cref="ProcessLauncher"/>, <see cref="ExitWatcher"/>, <see cref="GroupHolder"/>.
/// </summary>
internal sealed class LinuxExecutor : IPlatformExecutor
{
    private readonly ILaunchRegistry _registry;
    private readonly ExitWatcher _watcher;
    private readonly EpollLoop _io = new("osl-io");
    private readonly ProcessLauncher _launcher;
    private readonly OutputPumps _pumps;
    private readonly GroupHolder _holder;
    private volatile bool _disposed;

    /// <param name="options">From the host.</param>
    /// <param name="registry">Where launches are entered; the host's own to dispose.</param>
    internal LinuxExecutor(ExecutorOptions options, ILaunchRegistry registry)
        : this(options, registry, LinuxFeatures.HasGroupSignal) { }

    /// <summary>For tests: as on a kernel that lacks something.</summary>
    internal LinuxExecutor(ExecutorOptions options, ILaunchRegistry registry, bool groupSignal, GateKind gates = GateKind.Any)
    {
        _registry = registry;
        _watcher = new ExitWatcher(options.Time);
        var groups = new LinuxGroups(groupSignal);
        _pumps = new OutputPumps(_io, options.Time);
        var names = new ProgramNames(options.NamesDirectory);
        _launcher = new ProcessLauncher(registry, _watcher, _io, groups, names, _pumps, options.JobControl, gates)
        {
            KeptIgnored = options.PassesOnIgnoredSignals ? SignalDispositions.PassedOn() : 0,
        };
        _holder = new GroupHolder(groups, _watcher, registry);
    }

    public PlatformCapabilities Capabilities => LinuxCapabilities.Read();

    public OneOf<ExecutableLease, OperationError> OpenExecutable(
        string program,
        string workingDirectory,
        IReadOnlyList<string> searchPath
    ) => ExecutableResolver.Open(program, workingDirectory, searchPath);

    public OneOf<SpawnContext, OperationError> PrepareContext(SpawnProcessOperation operation) => ContextFacts.Read(operation);

    public OneOf<StreamLease, OperationError> HoldStreams(SpawnProcessOperation operation, string workingDirectory) =>
        OutputFiles.Hold(operation, workingDirectory);

    public OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _launcher.Launch(plan);
    }

    public OneOf<LaunchedProcess, OperationError> Attach(AttachPlan plan)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var lease = (LinuxProcessLease)plan.Process;
        if (ProtectedTargets.Contains(lease.Process.Pid, isGroup: false))
        {
            return ProtectedTargets.Refuse(lease.Process.Pid, isGroup: false);
        }

        if (lease.TryDuplicate(out var error) is not { } pidfd)
        {
            return LinuxErrors.CannotHold($"process {lease.Process.Pid}", error);
        }

        if (LinuxAttachment.Begin(plan, pidfd, _watcher, _registry).TryPickT1(out var refused, out var attachment))
        {
            return refused;
        }

        return new LaunchedProcess
        {
            Process = lease.Process,
            Keeper = attachment,
            Pgid = plan.Pgid,
            Exited = attachment.Exited,
            GroupEnded = attachment.Exited,
            OutputEnded = CaptureSet.Nothing,
            EndCapture = static () => { },
        };
    }

    public OneOf<ProcessLease, OperationError> Hold(ProcessTarget target) => LinuxProcessLease.Open(target, _watcher, _registry);

    public OneOf<GroupLease, OperationError> Hold(GroupTarget target) => _holder.Hold(target);

    public bool IsProtected(int id, bool isGroup) => ProtectedTargets.Contains(id, isGroup);

    public IReadOnlyList<ProcessRef> Escaped(GroupRef group) => LinuxGroups.Escaped(group);

    public ProcessState? Read(ProcessRef process) => LinuxProcessTable.Read(process);

    /// <summary>
    /// Starts nothing more. Ends nobody: that is the host's to do before. Exits of what still runs are noticed as long as the
    /// program lives; with nothing left to watch, the threads have ended when this completes.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await _pumps.EndAsync().ConfigureAwait(false);
        await _watcher.Loop.CloseAsync().ConfigureAwait(false);
        await _io.CloseAsync().ConfigureAwait(false);
    }
}
