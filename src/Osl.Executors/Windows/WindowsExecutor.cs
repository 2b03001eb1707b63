using Osl.Executors.Handlers;
using Osl.Executors.Registry;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// Windows: CreateProcessW into a job to start, handles to hold, jobs for groups, a completion port and the system's waits to notice. See
/// <see cref="WindowsLauncher"/>, <see cref="JobWatcher"/>, <see cref="WindowsGroupLease"/>, <see cref="WindowsSignals"/>.
/// </summary>
internal sealed class WindowsExecutor : IPlatformExecutor
{
    private readonly ILaunchRegistry _registry;
    private readonly WindowsMode _mode;
    private readonly JobWatcher _watcher = new();
    private readonly WindowsWaits _waits;
    private readonly WindowsProcesses _processes;
    private readonly WindowsLauncher _launcher;
    private readonly WindowsAttacher _attacher;
    private volatile bool _disposed;

    /// <param name="options">From the host.</param>
    /// <param name="registry">Where launches are entered; the host's own to dispose.</param>
    internal WindowsExecutor(ExecutorOptions options, ILaunchRegistry registry)
        : this(options, registry, WindowsMode.Detected) { }

    /// <summary>For tests: as on a system that lacks something.</summary>
    internal WindowsExecutor(ExecutorOptions options, ILaunchRegistry registry, WindowsMode mode)
    {
        _registry = registry;
        _mode = mode;
        _waits = new WindowsWaits(options.Time);
        _processes = new WindowsProcesses(registry);
        _launcher = new WindowsLauncher(registry, _watcher, mode);
        _attacher = new WindowsAttacher(registry, _watcher);
    }

    public PlatformCapabilities Capabilities => WindowsCapabilities.Read(_mode);

    public OneOf<ExecutableLease, OperationError> OpenExecutable(
        string program,
        string workingDirectory,
        IReadOnlyList<string> searchPath
    ) => ProgramResolver.Open(program, workingDirectory, searchPath);

    public OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _launcher.Launch(plan);
    }

    public OneOf<LaunchedProcess, OperationError> Attach(AttachPlan plan)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _attacher.Attach(plan);
    }

    public OneOf<ProcessLease, OperationError> Hold(ProcessTarget target) =>
        WindowsProcessLease.Open(target, _processes, _waits, _registry);

    public OneOf<GroupLease, OperationError> Hold(GroupTarget target) => WindowsGroupLease.Open(target, _waits, _registry);

    public bool IsProtected(int id, bool isGroup) => HostGroup.IsProtected(id, isGroup, _registry);

    /// <summary>Nobody: no job grants its members to break away.</summary>
    public IReadOnlyList<ProcessRef> Escaped(GroupRef group) => [];

    public OneOf<SpawnContext, OperationError> PrepareContext(SpawnProcessOperation operation) =>
        (UnsupportedParts.OfUnix(operation) ?? LaunchResources.Refusal(operation.CpuAffinity, operation.Limits, _mode.LimitsEnforced))
            is { } refusal
            ? refusal
            : SpawnContext.AsHost;

    public ProcessState? Read(ProcessRef process) => _processes.Read(process);

    /// <summary>
    /// Starts nothing more. Ends nobody: that is the host's to do before. Exits of what still runs are noticed as long as the
    /// program lives; with nothing left to watch, the thread has ended when this completes.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await _watcher.CloseAsync().ConfigureAwait(false);
    }
}
