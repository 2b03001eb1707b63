using Osl.Executors.Linux;
using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Interop.Posix;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Posix;

/// <summary>
/// One process that was launched, from its start until it is reaped, and its group until nobody of that is alive.
/// </summary>
/// <remarks>
/// Constraints and scheme (adr/0041-posix-fallback.md):
/// <list type="table">
/// <item><term>running</term><description>it keeps its number, and as a leader its group's</description></item>
/// <item><term>kept</term><description>it has ended and is left a zombie while its group lives: the zombie keeps both numbers</description></item>
/// <item><term>lost</term><description>it has been reaped and somebody of its group lives: the number is not trusted, the marker is</description></item>
/// <item><term>over</term><description>it is reaped, and nobody of its group is alive</description></item>
/// </list>
/// <para>
/// Reaping and signalling are under one lock: so a number that is signalled is this child's, or its group's. Nobody else reaps it but the
/// runtime as process 1, which is how a child comes to be lost before it was kept. A zombie is kept no longer than its group lives, since it slows
/// down every exit that the runtime notices (knowledge/posix-fallback.md).
/// </para>
/// <para>
/// POSIX tells what a child has used when it is reaped only. Of a leader that is kept it is not known when its exit is told: zero.
/// </para>
/// </remarks>
internal sealed class PosixChild(ChildWatcher watcher, LinuxGroups groups, ProcessRef process, IRegistration registration)
    : IThreadPoolWorkItem,
        IManagedProcess,
        IStoppable
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _groupEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Stage _stage;
    private ChildStatus _status;
    private bool _isStatusKnown;
    private int _joining;
    private long _joins;

    private enum Stage
    {
        Running,
        Kept,
        Lost,
        Over,
    }

    internal ProcessRef Process => process;

    /// <summary>The group that was made for it.</summary>
    internal GroupRef? OwnGroup { get; init; }

    /// <summary>The terminal it was lent, or may be; given back when it has ended.</summary>
    internal TerminalLoan? Terminal { get; init; }

    /// <summary>Its end. Never faults.</summary>
    public Task<ProcessExit> Exited => _exited.Task;

    /// <summary>The end of its group, or its own where it leads none.</summary>
    public Task GroupEnded => _groupEnded.Task;

    int IStoppable.Pid => process.Pid;

    /// <summary>Whether it has not been seen to end.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_gate)
            {
                return _stage == Stage.Running;
            }
        }
    }

    /// <summary>What the number of its group means now.</summary>
    internal GroupPin Pin()
    {
        lock (_gate)
        {
            return _stage switch
            {
                Stage.Running or Stage.Kept => GroupPin.Exists,
                Stage.Lost => GroupPin.Unknown,
                _ => GroupPin.Empty,
            };
        }
    }

    /// <summary>Keeps the number of its group in use, whoever ends, until <see cref="EndJoin"/>: for who joins it by that number.</summary>
    /// <returns>False when its group is over, or its number not trusted.</returns>
    internal bool TryBeginJoin()
    {
        lock (_gate)
        {
            if (_stage is not (Stage.Running or Stage.Kept))
            {
                return false;
            }

            _joining++;
            _joins++;
            return true;
        }
    }

    /// <summary>Who was to join has, or never will.</summary>
    internal void EndJoin()
    {
        lock (_gate)
        {
            _joining--;
        }
    }

    /// <summary>Sends a signal to the child itself.</summary>
    /// <returns>The error number, or 0; ESRCH when it has ended.</returns>
    internal int Signal(int number)
    {
        lock (_gate)
        {
            return _stage == Stage.Running ? Send(process.Pid, number) : Errno.ESRCH;
        }
    }

    /// <summary>Sends a signal to its group, every member at once.</summary>
    /// <param name="number">The signal.</param>
    /// <param name="error">The error number, or 0.</param>
    /// <returns>False when the number can't be trusted any more: nothing was sent.</returns>
    internal bool TrySignalGroup(int number, out int error)
    {
        lock (_gate)
        {
            error = Errno.ESRCH;
            switch (_stage)
            {
                case Stage.Running or Stage.Kept:
                    error = Send(-process.Pid, number);
                    return true;
                case Stage.Lost:
                    return false;
                case Stage.Over:
                default:
                    return true;
            }
        }
    }

    /// <summary>Looks whether it has ended. On any thread, at any time.</summary>
    internal void Look()
    {
        lock (_gate)
        {
            if (_stage != Stage.Running)
            {
                return;
            }

            var outcome = OwnChild.Peek(process.Pid, out _status);
            if (outcome == ReapOutcome.StillRunning)
            {
                return;
            }

            // From here on one thread goes on: nobody else comes past the first look.
            _isStatusKnown = outcome == ReapOutcome.Reaped;
            _stage = _isStatusKnown ? Stage.Kept : Stage.Lost;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>On the pool, since it may look at every process.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var livesOn = !TryEnd();
        if (!livesOn)
        {
            Release();
        }

        // With the modes it had before, unless the end was orderly: from 128 on an exit code tells of a signal, by the custom of shells.
        var exit = Describe();
        Terminal?.End(restoreModes: exit.Status is not { Signal: null, ExitCode: < 128 });
        _exited.SetResult(exit);
        if (livesOn)
        {
            _ = FollowAsync();
        }
    }

    /// <inheritdoc/>
    public OperationError? Detach()
    {
        registration.Detached();
        return null;
    }

    /// <summary>By its pid: reaped by us meanwhile, there is no such child, and that is an end.</summary>
    public int WaitForStop() => IsRunning ? OwnChild.WaitForStop(process.Pid) : 0;

    /// <inheritdoc/>
    public bool SendToGroup(int signal) => TrySignalGroup(signal, out var error) && error == 0;

    /// <summary>Nothing is held.</summary>
    public void LetGo()
    {
        // The number is kept by the child itself.
    }

    /// <summary>For a launch that could not be completed, of a child that nobody watches yet: ends and reaps it, whatever it takes.</summary>
    internal static void Abandon(int pid, bool ownsGroup)
    {
        if (ownsGroup)
        {
            // It may have started others by now. The group was made before it ran.
            _ = Libc.Kill(-pid, Libc.SIGKILL);
        }

        _ = Libc.Kill(pid, Libc.SIGKILL);
        _ = OwnChild.Reap(pid, block: true, out _);
    }

    /// <summary>Follows the members that outlive their leader.</summary>
    private async Task FollowAsync()
    {
        await watcher.WaitAsync(TryEnd, CancellationToken.None).ConfigureAwait(false);
        Release();
    }

    /// <summary>Reaps it if nobody else of its group is alive. Whether all is over.</summary>
    private bool TryEnd()
    {
        var identity = OwnGroup is null ? null : new GroupIdentity(OwnGroup, leader: null) { Pin = Pin };
        long joins;
        lock (_gate)
        {
            if (_joining > 0)
            {
                // Who is born after the look has passed him, and has joined before the look is over, would be seen by neither check.
                return false;
            }

            joins = _joins;
        }

        if (identity is not null && IsAnyAlive(identity))
        {
            return false;
        }

        lock (_gate)
        {
            if (_joining > 0 || joins != _joins)
            {
                // Somebody joins, or has joined behind the back of the look.
                return false;
            }

            if (_stage == Stage.Kept)
            {
                var outcome = OwnChild.Reap(process.Pid, block: false, out var status);
                _status = outcome == ReapOutcome.Reaped ? status : _status;
                // A member born behind the back of the look keeps the number in use; from now on it is known by its marker.
                _stage = identity is not null && Send(-process.Pid, 0) != Errno.ESRCH ? Stage.Lost : Stage.Over;
            }
            else if (_stage == Stage.Lost)
            {
                _stage = Stage.Over;
            }

            return _stage == Stage.Over;
        }
    }

    private bool IsAnyAlive(GroupIdentity identity)
    {
        try
        {
            return groups.AnyAlive(identity, out _);
        }
        catch (OutOfDescriptorsException)
        {
            return true;
        }
    }

    /// <summary>Nobody is left: the entry ends.</summary>
    private void Release()
    {
        watcher.Remove(this);
        registration.Ended();
        _groupEnded.TrySetResult();
    }

    private static int Send(int target, int number) => Libc.Kill(target, number) < 0 ? Libc.LastError : 0;

    private ProcessExit Describe() =>
        new(
            process,
            !_isStatusKnown ? null
                : _status.Signal == 0 ? new ExitStatus(_status.ExitCode)
                : new ExitStatus(null, Operations.Processes.Signal.FromNumber(_status.Signal), _status.CoreDumped),
            TimeSpan.FromMicroseconds(_status.UserMicroseconds),
            TimeSpan.FromMicroseconds(_status.SystemMicroseconds),
            _status.PeakBytes
        );
}
