using Osl.Executors.Linux;
using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Posix;

/// <summary>
/// One process: a child of ours, which is signalled under the lock that it is reaped under, or a stranger, known by pid and start time.
/// </summary>
/// <remarks>
/// A stranger is looked at immediately before it is signalled. For the wrong one to be hit it would have to end, be reaped, and its
/// number come round again, between two system calls: that race is what a pidfd would close, and POSIX has nothing against it.
/// </remarks>
internal sealed class PosixProcessLease : ProcessLease
{
    private readonly ChildWatcher _watcher;
    private readonly PosixChild? _child;

    private PosixProcessLease(ProcessRef process, PosixChild? child, ChildWatcher watcher)
        : base(process)
    {
        _child = child;
        _watcher = watcher;
    }

    internal static OneOf<ProcessLease, OperationError> Open(ProcessTarget target, ChildWatcher watcher, ILaunchRegistry registry)
    {
        if (target.Process is { } meant && (meant.Pid != target.Pid || !LinuxProcessTable.IsOfHere(meant)))
        {
            return new StaleProcess($"process {target.Pid}, which belongs to another boot or pid namespace");
        }

        if (target.Pid <= 0 || !ProcLine.TryRead(target.Pid, out var line))
        {
            return new NotFound($"a process {target.Pid}", "It has ended, or never was; osl ps shows what runs.")
            {
                Thing = MissingThing.Process,
            };
        }

        if (target.Process is not null && target.Process.StartTime != line.StartTime)
        {
            return new StaleProcess($"process {target.Process}; its pid belongs to another one by now");
        }

        var process = target.Process ?? LinuxProcessTable.Ref(line);
        var child = watcher.Find(target.Pid) is { } own && own.Process == process ? own : null;
        var entry = registry.FindProcess(target.Pid);
        return new PosixProcessLease(process, child, watcher) { Entry = entry?.Process == process ? entry : null };
    }

    public override ProcessState? Read() => LinuxProcessTable.Read(Process);

    public override string? ProgramPath() => LinuxProcessTable.ProgramPath(Process.Pid);

    public override OperationError? Signal(Signal signal)
    {
        var number = LinuxErrors.Checked(signal);
        if (ProtectedTargets.Contains(Process.Pid, isGroup: false))
        {
            return ProtectedTargets.Refuse(Process.Pid, isGroup: false);
        }

        var error =
            _child is not null ? _child.Signal(number)
            : !IsAlive() ? Errno.ESRCH
            : Libc.Kill(Process.Pid, number) < 0 ? Libc.LastError
            : 0;
        return LinuxErrors.OfSignal(error, $"process {Process.Pid}");
    }

    public override Task WaitForExitAsync(CancellationToken cancellationToken) =>
        _child is not null ? _child.Exited.WaitAsync(cancellationToken) : _watcher.WaitAsync(() => !IsAlive(), cancellationToken);

    public override void Dispose()
    {
        // Nothing is held: the number is kept by the child itself, or by nobody.
    }

    private bool IsAlive() => ProcLine.TryRead(Process.Pid, out var line) && line.StartTime == Process.StartTime && line.IsAlive;
}
