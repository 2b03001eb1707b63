using Osl.Executors.Registry;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// One process that was launched or attached to, with the job made for it, from its start until nobody is in the job.
/// </summary>
/// <remarks>
/// Three things follow an exit, in this order: the registry's entry is ended (when nobody of its group is left, or it has none of its
/// own), the observer is told, Exited completes. The handle of the process stays open as long as its group lives: it keeps the pid, which
/// is the group's id, from being given away. The handle of the job stays open until the job is empty: with the last handle a
/// Managed job's processes end and a named job's name goes.
/// </remarks>
internal sealed class WindowsChild(JobWatcher watcher, Win32Handle job) : JobWatch, IManagedProcess
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _groupEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Win32Handle? _process;
    private IRegistration? _registration;
    private volatile ProcessExit? _exit;
    private bool _released;
    private bool _isTail;
    private int? _leader;

    internal ProcessRef? Process { get; private set; }

    /// <summary>The group that was made for it.</summary>
    internal GroupRef? OwnGroup { get; private set; }

    /// <summary>Its end. Never faults.</summary>
    public Task<ProcessExit> Exited => _exited.Task;

    /// <summary>The end of its group, or its own where it leads none.</summary>
    public Task GroupEnded => _groupEnded.Task;

    /// <summary>The process is there.</summary>
    internal void Begin(Win32Handle process, ProcessRef reference, GroupRef? ownGroup, IRegistration registration)
    {
        _process = process;
        Process = reference;
        OwnGroup = ownGroup;
        _registration = registration;
    }

    /// <summary>It was started as the leader of a process group of its console, which is the host's own or not.</summary>
    internal void Leads(int pid, bool atOurs)
    {
        _leader = pid;
        ConsoleGroups.Add(pid, atOurs);
    }

    /// <summary>Begins to wait for the end. It may be over before this returns.</summary>
    /// <returns>The Win32 code, or 0.</returns>
    internal int Watch()
    {
        _ = ProcessWait.TryBegin(_process!, static child => ((WindowsChild)child!).OnExit(), this, out var error);
        return error;
    }

    /// <summary>For a launch that could not be completed: ends everybody in the job and forgets it.</summary>
    internal void Abandon()
    {
        _ = Job.Terminate(job, WindowsSignals.KilledExitCode);
        watcher.Remove(this, wasTail: false);
        lock (_gate)
        {
            _released = true;
            ForgetLeader();
            job.Dispose();
        }
    }

    /// <summary>For an attachment that could not be completed: the process goes on as before, in a job that does nothing to it.</summary>
    internal void LetGo()
    {
        watcher.Remove(this, wasTail: false);
        lock (_gate)
        {
            _released = true;
            job.Dispose();
        }
    }

    /// <summary>
    /// Lets the process itself keep its job's name when we are gone: the name goes with the last handle. With no right but to wait.
    /// </summary>
    /// <returns>The Win32 code, or 0.</returns>
    internal int Lend() =>
        Kernel32.DuplicateHandle(Kernel32.GetCurrentProcess(), job.Value, _process!.Value, out _, Kernel32.SYNCHRONIZE, 0, 0) != 0
            ? 0
            : Win32Error.Last;

    /// <summary>The job's end is the process's no longer; all its other limits stay.</summary>
    public OperationError? Detach()
    {
        lock (_gate)
        {
            if (_released)
            {
                return null;
            }

            // First what only helps, then what counts: when that fails it stays Managed, and nothing is lost. Who has ended needs no name.
            var error = OwnGroup is null || ProcessHandle.HasEnded(_process!) ? 0 : Lend();
            if (error == 0 && Job.TryReadLimits(job, out var limits, out error))
            {
                limits.Flags &= ~JobLimits.KillOnJobClose;
                error = Job.SetLimits(job, limits);
            }

            if (error != 0)
            {
                return new OperationFailed(
                    "release_failed",
                    $"Process {Process!.Pid} could not be released from its job ({Win32Error.Name(error)}).",
                    "See the code in winerror.h; it still ends with this host."
                );
            }

            _registration!.Detached();
            return null;
        }
    }

    internal override void Look()
    {
        // Before the exit is known nothing is concluded: the order of things would be lost.
        if (_exit is null)
        {
            return;
        }

        lock (_gate)
        {
            // Not when it can't be told either: with our handle a Managed job's processes would end. It is looked at again.
            if (_released || Job.CountActive(job) != 0)
            {
                return;
            }

            _released = true;
            if (OwnGroup is not null)
            {
                _registration!.Ended();
            }

            ForgetLeader();
            job.Dispose();
            _process!.Dispose();
        }

        watcher.Remove(this, _isTail);
        if (OwnGroup is not null)
        {
            // Never before Exited is decided: it is decided on another thread, right now.
            _ = _exited.Task.ContinueWith(
                static (_, ended) => ((TaskCompletionSource)ended!).TrySetResult(),
                _groupEnded,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }
    }

    private void OnExit()
    {
        var exit = Describe(_process!, Process!);
        _exit = exit;
        if (OwnGroup is null)
        {
            _registration!.Ended();
        }

        Look();
        _exited.SetResult(exit);
        if (OwnGroup is null)
        {
            _groupEnded.TrySetResult();
        }

        FollowTail();
    }

    /// <summary>Somebody outlives the process: from now on the job is looked at now and then as well.</summary>
    private void FollowTail()
    {
        lock (_gate)
        {
            if (_released)
            {
                return;
            }

            _isTail = true;
            watcher.AddTail();
        }
    }

    /// <summary>Before its pid is let go.</summary>
    private void ForgetLeader()
    {
        if (_leader is { } pid)
        {
            ConsoleGroups.Remove(pid);
        }
    }

    private static unsafe ProcessExit Describe(Win32Handle process, ProcessRef reference)
    {
        var known = Kernel32.GetExitCodeProcess(process, out var code) != 0;
        _ = Kernel32.GetProcessTimes(process, out _, out _, out var kernel, out var user);
        var memory = new MemoryCounters { Size = (uint)sizeof(MemoryCounters) };
        _ = Kernel32.GetProcessMemoryInfo(process, ref memory, memory.Size);
        return new ProcessExit(
            reference,
            known ? new ExitStatus(unchecked((int)code)) : null,
            TimeSpan.FromTicks(user),
            TimeSpan.FromTicks(kernel),
            (long)memory.PeakWorkingSet
        );
    }
}
