using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>One process, held by a pidfd since before its identity was compared.</summary>
internal sealed class LinuxProcessLease : ProcessLease
{
    private readonly PidFd _pidfd;
    private readonly ExitWatcher _watcher;

    private LinuxProcessLease(PidFd pidfd, ProcessRef process, ExitWatcher watcher)
        : base(process)
    {
        _pidfd = pidfd;
        _watcher = watcher;
    }

    internal static OneOf<ProcessLease, OperationError> Open(ProcessTarget target, ExitWatcher watcher, ILaunchRegistry registry)
    {
        if (target.Process is { } meant && (meant.Pid != target.Pid || !LinuxProcessTable.IsOfHere(meant)))
        {
            return new StaleProcess($"process {target.Pid}, which belongs to another boot or pid namespace");
        }

        if (target.Pid <= 0)
        {
            return Missing(target.Pid);
        }

        // EINVAL and ENOENT (Linux 6.9): the number of a thread that leads no process.
        var pidfd = PidFd.TryOpen(target.Pid, out var error);
        if (pidfd is null)
        {
            return error is Errno.ESRCH or Errno.EINVAL or Errno.ENOENT
                ? Missing(target.Pid)
                : LinuxErrors.CannotHold(target.ToString(), error);
        }

        // The line of /proc is the held process's own only if the process is still there after it was read.
        if (!ProcLine.TryRead(target.Pid, out var line) || pidfd.Send(0) == Errno.ESRCH)
        {
            pidfd.Dispose();
            return Missing(target.Pid);
        }

        if (target.Process is not null && target.Process.StartTime != line.StartTime)
        {
            pidfd.Dispose();
            return new StaleProcess($"process {target.Process}; its pid belongs to another one by now");
        }

        var process = target.Process ?? LinuxProcessTable.Ref(line);
        var entry = registry.FindProcess(target.Pid);
        return new LinuxProcessLease(pidfd, process, watcher) { Entry = entry?.Process == process ? entry : null };
    }

    public override ProcessState? Read() => LinuxProcessTable.Read(Process);

    public override string? ProgramPath() => LinuxProcessTable.ProgramPath(Process.Pid);

    /// <summary>A second descriptor of the same process; null with the error number when there are none left.</summary>
    internal PidFd? TryDuplicate(out int error) => _pidfd.TryDuplicate(out error);

    public override OperationError? Signal(Signal signal)
    {
        if (ProtectedTargets.Contains(Process.Pid, isGroup: false))
        {
            return ProtectedTargets.Refuse(Process.Pid, isGroup: false);
        }

        return LinuxErrors.OfSignal(_pidfd.Send(LinuxErrors.Checked(signal)), $"process {Process.Pid}");
    }

    public override Task WaitForExitAsync(CancellationToken cancellationToken) => _watcher.WaitAsync(_pidfd, cancellationToken);

    public override void Dispose() => _pidfd.Dispose();

    private static NotFound Missing(int pid) =>
        new($"a process {pid}", "It has ended, or never was; osl ps shows what runs.") { Thing = MissingThing.Process };
}
