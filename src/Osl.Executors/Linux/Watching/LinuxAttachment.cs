using Osl.Executors.Registry;
using Osl.Executors.Watching;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// One process that was attached to, until it ends: a pidfd that is watched, and an entry in the registry. Never reaped: it is its parent's,
/// or that of whoever started it here, and only they learn how it ended (wait(2), adr/0042-attach-and-release.md).
/// </summary>
internal sealed class LinuxAttachment : ReadinessTarget, IManagedProcess
{
    private readonly ExitWatcher _watcher;
    private readonly PidFd _pidfd;
    private readonly ProcessRef _process;
    private readonly IRegistration _registration;
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LinuxAttachment(ExitWatcher watcher, PidFd pidfd, ProcessRef process, IRegistration registration)
    {
        _watcher = watcher;
        _pidfd = pidfd;
        _process = process;
        _registration = registration;
    }

    /// <summary>Its end, of which nothing more is known. Never faults.</summary>
    public Task<ProcessExit> Exited => _exited.Task;

    /// <inheritdoc/>
    /// <remarks>It is attached to alone, not its group.</remarks>
    public Task GroupEnded => _exited.Task;

    /// <summary>Registers a process and begins to watch it.</summary>
    /// <param name="plan">The process and its entry.</param>
    /// <param name="pidfd">The same process; belongs to the attachment from now on, also when it could not begin.</param>
    /// <param name="watcher">Who watches.</param>
    /// <param name="registry">Where it is entered.</param>
    internal static OneOf<LinuxAttachment, OperationError> Begin(
        AttachPlan plan,
        PidFd pidfd,
        ExitWatcher watcher,
        ILaunchRegistry registry
    )
    {
        if (!registry.Reserve(plan).TryPickT0(out var registration, out var unregistered))
        {
            pidfd.Dispose();
            return unregistered;
        }

        var attachment = new LinuxAttachment(watcher, pidfd, plan.Process.Process, registration);
        registration.Started(plan.Process.Process, plan.Pgid);
        var error = watcher.Loop.Add(pidfd.Number, Libc.EPOLLIN | Libc.EPOLLET, attachment);
        if (error == 0)
        {
            return attachment;
        }

        registration.Ended();
        pidfd.Dispose();
        return LinuxErrors.CannotHold($"process {plan.Process.Process.Pid}", error);
    }

    /// <inheritdoc/>
    public OperationError? Detach()
    {
        _registration.Detached();
        return null;
    }

    /// <summary>In the order that <see cref="ExitWatcher"/> promises: first the entry ends.</summary>
    internal override void OnReady(uint events)
    {
        _watcher.Loop.Remove(_pidfd.Number, this);
        _pidfd.Dispose();
        _registration.Ended();
        _exited.TrySetResult(new ProcessExit(_process, Status: null, TimeSpan.Zero, TimeSpan.Zero, PeakMemory: 0));
    }
}
