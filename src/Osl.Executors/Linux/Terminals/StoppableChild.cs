using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>A child and its pidfd, which is shared with the watcher until it is let go.</summary>
internal sealed class StoppableChild : IStoppable
{
    private readonly LinuxChild _child;
    private readonly PidFd _pidfd;
    private readonly bool _groupSignal;

    private StoppableChild(LinuxChild child, PidFd pidfd, bool groupSignal)
    {
        _child = child;
        _pidfd = pidfd;
        _groupSignal = groupSignal;
    }

    public int Pid => _child.Process.Pid;

    public bool IsRunning => _child.IsRunning;

    /// <summary>Null for a child that is over.</summary>
    internal static StoppableChild? Of(LinuxChild child, bool groupSignal) =>
        child.TryShare() is { } pidfd ? new StoppableChild(child, pidfd, groupSignal) : null;

    public int WaitForStop() => ChildStatus.WaitForStop(_pidfd.Number);

    public bool SendToGroup(int signal) =>
        _groupSignal
            ? _pidfd.Send(signal, group: true) == 0
            // Before Linux 6.9: by number, while the leader, not reaped, keeps the number in use.
            : _child.IsRunning && _pidfd.Send(0) == 0 && Libc.Kill(-Pid, signal) == 0;

    public void LetGo() => _pidfd.DangerousRelease();
}
