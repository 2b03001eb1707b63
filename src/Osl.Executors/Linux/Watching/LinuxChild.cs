using Osl.Executors.Registry;
using Osl.Executors.Watching;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// One process that was launched, from its start until it is reaped and, if it leads a group of its own, until nobody of that is
/// alive. See <see cref="ExitWatcher"/> for the order of things.
/// </summary>
internal sealed class LinuxChild(ExitWatcher watcher, LinuxGroups groups, PidFd? pidfd, ProcessRef process, IRegistration registration)
    : ReadinessTarget,
        IThreadPoolWorkItem,
        IManagedProcess
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _groupEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ProcessExit? _exit;
    private bool _released;

    internal ProcessRef Process => process;

    /// <summary>The group that was made for it.</summary>
    internal GroupRef? OwnGroup { get; init; }

    /// <summary>The control groups that were made for it; taken away when nobody is left in them.</summary>
    internal Cgroup? Cgroup { get; init; }

    /// <summary>What holds its group together beyond the number.</summary>
    internal Enclosure? Enclosure { get; init; }

    /// <summary>The terminal it was lent, or may be; given back when it has ended.</summary>
    internal TerminalLoan? Terminal { get; init; }

    /// <summary>Its end. Never faults.</summary>
    public Task<ProcessExit> Exited => _exited.Task;

    /// <summary>The end of its group, or its own where it leads none.</summary>
    public Task GroupEnded => _groupEnded.Task;

    /// <summary>Whether it has not been seen to end.</summary>
    internal bool IsRunning => Volatile.Read(ref _exit) is null;

    /// <summary>Begins to watch. It may be over before this returns.</summary>
    /// <returns>The error number, or 0.</returns>
    internal int Watch() => watcher.Loop.Add(pidfd!.Number, Libc.EPOLLIN | Libc.EPOLLET, this);

    /// <summary>The leader's descriptor for somebody else's use, who must release it; null when the group is over.</summary>
    internal PidFd? TryShare()
    {
        // There are thousands of these: a lock of its own would be one more object each.
        lock (_groupEnded)
        {
            if (_released || pidfd is null)
            {
                return null;
            }

            var added = false;
            pidfd.DangerousAddRef(ref added);
            return pidfd;
        }
    }

    internal override void OnReady(uint events)
    {
        var outcome = ChildStatus.Reap(pidfd!, block: false, out var status);
        if (outcome == ReapOutcome.StillRunning)
        {
            return;
        }

        // Until it is known whether the group lives on: a loop that is being closed must not end in between.
        watcher.Loop.Hold();
        watcher.Loop.Remove(pidfd!.Number, this);
        Volatile.Write(ref _exit, Describe(process, outcome, status));
        GiveTerminalBack();
        if (!Conclude())
        {
            watcher.Loop.LetGo();
        }
    }

    /// <summary>It was over before it could be held; only the runtime as process 1 can have reaped it.</summary>
    internal void EndUnseen()
    {
        OwnChildren.Ended(process.Pid);
        Volatile.Write(ref _exit, Describe(process, ReapOutcome.NotOurs, default));
        GiveTerminalBack();
        _ = Conclude();
    }

    /// <summary>
    /// With the modes it had before, unless the end was orderly: from 128 on an exit code tells of a signal, by the custom of shells.
    /// </summary>
    private void GiveTerminalBack() => Terminal?.End(restoreModes: _exit!.Status is not { Signal: null, ExitCode: < 128 });

    /// <summary>Whether its group lives on.</summary>
    private bool Conclude()
    {
        // Mostly the leader is the last: one call tells, without looking at a single other process.
        var livesOn =
            OwnGroup is not null
            && pidfd is not null
            && (groups.Pin(pidfd) != GroupPin.Empty || Enclosure is CgroupEnclosure { IsPopulated: true });
        if (!livesOn)
        {
            Release();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        _exited.SetResult(_exit!);
        return livesOn;
    }

    /// <summary>On the pool, since it looks at every process: follows the members that outlive their leader.</summary>
    void IThreadPoolWorkItem.Execute() => _ = GroupTail.FollowAsync(watcher, groups, this, pidfd!);

    /// <summary>The guardian reads the same line: that is all that tied it to us.</summary>
    public OperationError? Detach()
    {
        registration.Detached();
        return null;
    }

    /// <summary>Nobody is left: the entry ends and the descriptor is closed.</summary>
    internal void Release()
    {
        Cgroup?.Remove();
        registration.Ended();
        groups.Forget(this);
        lock (_groupEnded)
        {
            _released = true;
            pidfd?.Dispose();
        }

        _groupEnded.TrySetResult();
    }

    /// <summary>
    /// For a launch whose child could not be held: by its number, which is its own until we reap it, and its group's as long.
    /// </summary>
    internal static void Abandon(int pid, bool ownsGroup)
    {
        if (ownsGroup)
        {
            // It may have started others by now. The group was made before it ran.
            _ = Libc.Kill(-pid, Signal.Kill.Number);
        }

        _ = Libc.Kill(pid, Signal.Kill.Number);
        ChildStatus.ReapByPid(pid);
    }

    /// <summary>For a launch that could not be completed, of a child that nobody watches yet: ends and reaps it, whatever it takes.</summary>
    /// <param name="pidfd">The child.</param>
    /// <param name="ownsGroup">Whether what it may have started by now is in a group of its own, and ends with it.</param>
    /// <param name="groupSignal">Whether a pidfd reaches a group (Linux 6.9).</param>
    internal static void Abandon(PidFd pidfd, bool ownsGroup, bool groupSignal)
    {
        if (ownsGroup && groupSignal)
        {
            _ = pidfd.Send(Signal.Kill.Number, group: true);
        }
        else if (ownsGroup && pidfd.Send(0) != Errno.ESRCH)
        {
            // The number is the child's own until it is reaped, which only the runtime as process 1 may have done before us.
            _ = Libc.Kill(-pidfd.Pid, Signal.Kill.Number);
        }

        _ = pidfd.Send(Signal.Kill.Number);
        _ = ChildStatus.Reap(pidfd, block: true, out _);
        pidfd.Dispose();
    }

    /// <summary>How a process ended, in the words of the operations.</summary>
    private static ProcessExit Describe(ProcessRef process, ReapOutcome outcome, in ChildStatus status) =>
        new(
            process,
            outcome != ReapOutcome.Reaped ? null
                : status.Signal == 0 ? new ExitStatus(status.ExitCode)
                : new ExitStatus(null, Signal.FromNumber(status.Signal), status.CoreDumped),
            TimeSpan.FromMicroseconds(status.UserMicroseconds),
            TimeSpan.FromMicroseconds(status.SystemMicroseconds),
            status.PeakBytes
        );
}
