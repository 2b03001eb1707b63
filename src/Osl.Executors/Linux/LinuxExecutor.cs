using Osl.Executors.Registry;
using Osl.Executors.Streams;
using Osl.Interop.Linux;
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
    private readonly OwnPlaces _ownPlaces;
    private readonly OrphanReaper? _orphans;
    private readonly CancellationTokenSource _closing = new();
    private bool _disposed;

    /// <param name="options">From the host.</param>
    /// <param name="registry">Where launches are entered; the host's own to dispose.</param>
    internal LinuxExecutor(ExecutorOptions options, ILaunchRegistry registry)
        : this(options, registry, LinuxFeatures.HasGroupSignal) { }

    /// <summary>For tests: as on a kernel that lacks something.</summary>
    internal LinuxExecutor(ExecutorOptions options, ILaunchRegistry registry, bool groupSignal)
    {
        DescriptorReserve.Keep();
        _registry = registry;
        _watcher = new ExitWatcher(options.Time);
        var groups = new LinuxGroups(groupSignal);
        _pumps = new OutputPumps(_io, options.Time);
        var names = new ProgramNames(options.NamesDirectory);
        _launcher = new ProcessLauncher(registry, _watcher, _io, groups, names, _pumps, options.JobControl)
        {
            Mode = options.Mode,
            Gates = options.Gate,
            KeptIgnored = options.PassesOnIgnoredSignals ? SignalDispositions.PassedOn() : 0,
        };
        _ownPlaces = new OwnPlaces(options.OwnPlaces);
        _holder = new GroupHolder(groups, _watcher, registry);
        _orphans = options.ReapsOrphans ? OrphanReaper.Begin(options.Time) : null;
        var closing = _closing.Token;
        registry.WatchGuardianWith(guardian => _watcher.WaitAsync(guardian.Descriptor!, closing));
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

    public OneOf<SandboxLease, OperationError> HoldSandbox(SpawnProcessOperation operation, string workingDirectory) =>
        operation.Sandbox is { } sandbox
            ? LinuxSandbox.Hold(sandbox, workingDirectory, operation.Containment, _ownPlaces)
            : SandboxLease.None;

    public OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        return _launcher.Launch(plan);
    }

    public OneOf<LaunchedProcess, OperationError> Attach(AttachPlan plan)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
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
        };
    }

    public OneOf<ProcessLease, OperationError> Hold(ProcessTarget target) =>
        LookErrors.Guard(() => LinuxProcessLease.Open(target, _watcher, _registry));

    public OneOf<GroupLease, OperationError> Hold(GroupTarget target) => LookErrors.Guard(() => _holder.Hold(target));

    public bool IsProtected(int id, bool isGroup) => ProtectedTargets.Contains(id, isGroup);

    public IReadOnlyList<ProcessRef> Escaped(GroupRef group) => LinuxGroups.Escaped(group);

    public Task AnswersAsync() => Task.WhenAll(_watcher.Loop.AnswersAsync(), _io.AnswersAsync());

    public ProcessState? Read(ProcessRef process) => LinuxProcessTable.Read(process);

    /// <summary>
    /// Starts nothing more. Ends nobody: that is the host's to do before. Exits of what still runs are noticed as long as the
    /// program lives; with nothing left to watch, the threads have ended when this completes.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            await _closing.CancelAsync().ConfigureAwait(false);
            _closing.Dispose();
        }

        _orphans?.Dispose();
        await _pumps.EndAsync().ConfigureAwait(false);
        await _watcher.Loop.CloseAsync().ConfigureAwait(false);
        await _io.CloseAsync().ConfigureAwait(false);
    }
}
