using Osl.Executors.Handlers;
using Osl.Executors.Linux;
using Osl.Executors.Registry;
using Osl.Executors.Streams;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Posix;

/// <summary>
/// The fallback for kernels and sandboxes without pidfds: posix_spawn(3) to start, SIGCHLD and waitid(3p) to notice, kill(2) under the lock
/// of reaping to signal, poll(2) for streams. See <see cref="PosixLauncher"/>, <see cref="ChildWatcher"/>, <see cref="PosixChild"/>, and
/// adr/0041-posix-fallback.md for what it has no way for and what a port to another system takes.
/// </summary>
internal sealed class PosixExecutor : IPlatformExecutor
{
    private readonly ILaunchRegistry _registry;
    private readonly ChildWatcher _watcher = new();
    private readonly PollLoop _io = new("osl-io");
    private readonly OutputPumps _pumps;
    private readonly PosixLauncher _launcher;
    private readonly PosixGroupHolder _holder;
    private readonly CancellationTokenSource _closing = new();
    private bool _disposed;

    /// <param name="options">From the host.</param>
    /// <param name="registry">Where launches are entered; the host's own to dispose.</param>
    /// <exception cref="PlatformNotSupportedException">It is to reap orphans: who is one is told by pidfds.</exception>
    internal PosixExecutor(ExecutorOptions options, ILaunchRegistry registry)
    {
        if (options.ReapsOrphans)
        {
            throw new PlatformNotSupportedException(
                "Orphans can't be told from others' children without pidfds (osl doctor, line engine): do without ReapOrphans, or let an init such as tini be process 1."
            );
        }

        DescriptorReserve.Keep();
        _registry = registry;
        var groups = new LinuxGroups(groupSignal: false);
        _pumps = new OutputPumps(_io, options.Time);
        _launcher = new PosixLauncher(registry, _watcher, _io, groups, new ProgramNames(options.NamesDirectory), _pumps, options.JobControl)
        {
            KeptIgnored = options.PassesOnIgnoredSignals ? SignalDispositions.PassedOn() : 0,
        };
        _holder = new PosixGroupHolder(groups, _watcher, registry);
        var closing = _closing.Token;
        registry.WatchGuardianWith(guardian => _watcher.WaitForChildAsync(() => !guardian.IsAlive(), closing));
    }

    public PlatformCapabilities Capabilities => PosixCapabilities.Read();

    public OneOf<ExecutableLease, OperationError> OpenExecutable(
        string program,
        string workingDirectory,
        IReadOnlyList<string> searchPath
    ) => ExecutableResolver.Open(program, workingDirectory, searchPath);

    public OneOf<SpawnContext, OperationError> PrepareContext(SpawnProcessOperation operation) =>
        UnsupportedParts.BeyondPosix(operation) is { } unsupported ? unsupported : SpawnContext.AsHost;

    public OneOf<StreamLease, OperationError> HoldStreams(SpawnProcessOperation operation, string workingDirectory) =>
        OutputFiles.Hold(operation, workingDirectory);

    public OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        return _launcher.Launch(plan);
    }

    public OneOf<LaunchedProcess, OperationError> Attach(AttachPlan plan)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        var process = plan.Process.Process;
        if (ProtectedTargets.Contains(process.Pid, isGroup: false))
        {
            return ProtectedTargets.Refuse(process.Pid, isGroup: false);
        }

        if (!_registry.Reserve(plan).TryPickT0(out var registration, out var unregistered))
        {
            return unregistered;
        }

        registration.Started(process, plan.Pgid);
        var attachment = new PosixAttachment(registration, process);
        _ = attachment.FollowAsync(plan.Process.WaitForExitAsync(CancellationToken.None));
        return new LaunchedProcess
        {
            Process = process,
            Keeper = attachment,
            Pgid = plan.Pgid,
        };
    }

    public OneOf<ProcessLease, OperationError> Hold(ProcessTarget target) =>
        LookErrors.Guard(() => PosixProcessLease.Open(target, _watcher, _registry));

    public OneOf<GroupLease, OperationError> Hold(GroupTarget target) => LookErrors.Guard(() => _holder.Hold(target));

    public bool IsProtected(int id, bool isGroup) => ProtectedTargets.Contains(id, isGroup);

    public IReadOnlyList<ProcessRef> Escaped(GroupRef group) => LinuxGroups.Escaped(group);

    public Task AnswersAsync() => _io.AnswersAsync();

    public ProcessState? Read(ProcessRef process) => LinuxProcessTable.Read(process);

    /// <summary>
    /// Starts nothing more. Ends nobody: that is the host's to do before. Exits of what still runs are noticed as long as the
    /// program lives; with nothing left to watch, the thread has ended when this completes.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            await _closing.CancelAsync().ConfigureAwait(false);
            _closing.Dispose();
        }

        await _pumps.EndAsync().ConfigureAwait(false);
        _watcher.Close();
        await _io.CloseAsync().ConfigureAwait(false);
    }
}
