using Osl.Executors.Registry;
using Osl.Executors.Streams;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// Takes a process that runs into a job of its own: with it what it starts from now on; what it has started before stays outside
/// (AssignProcessToJobObject). The job is a group like any other, found by the name of the operation (adr/0016-windows-jobs.md).
/// </summary>
internal sealed class WindowsAttacher(ILaunchRegistry registry, JobWatcher watcher)
{
    /// <summary>To be put into a job (SET_QUOTA, TERMINATE), asked, waited for, and lent the job's handle when it is released.</summary>
    private static readonly uint ToAttach =
        ProcessHandle.ToQuery
        | Kernel32.SYNCHRONIZE
        | Kernel32.PROCESS_SET_QUOTA
        | Kernel32.PROCESS_TERMINATE
        | Kernel32.PROCESS_DUP_HANDLE;

    internal OneOf<LaunchedProcess, OperationError> Attach(AttachPlan plan)
    {
        var target = plan.Process.Process;
        if (HostGroup.IsProtected(target.Pid, isGroup: false, registry))
        {
            return HostGroup.Refuse($"process {target.Pid}");
        }

        var process = ProcessHandle.TryOpen(target.Pid, ToAttach, out var error);
        if (process is null)
        {
            return Refused(target, error);
        }

        // The lease holds the pid, so it is the same process; it may have ended.
        if (ProcessHandle.HasEnded(process))
        {
            process.Dispose();
            return new StaleProcess($"process {target.Pid} has ended");
        }

        if (!registry.Reserve(plan).TryPickT0(out var registration, out var unregistered))
        {
            process.Dispose();
            return unregistered;
        }

        var result = Attach(plan, process, registration);
        if (result.IsT1)
        {
            process.Dispose();
            registration.Ended();
        }

        return result;
    }

    private OneOf<LaunchedProcess, OperationError> Attach(AttachPlan plan, Win32Handle process, IRegistration registration)
    {
        var target = plan.Process.Process;
        var job = Job.TryCreate(JobNames.Of(plan.Operation), SecurityDescriptor.OwnerOnly, out var error);
        if (job is null)
        {
            return Refused(target, error);
        }

        var child = new WindowsChild(watcher, job);
        error = watcher.Add(child, job);
        if (error != 0)
        {
            job.Dispose();
            return Refused(target, error);
        }

        var group = new GroupRef(target.Pid, target, plan.Operation);
        child.Begin(process, target, group, registration);
        registration.Started(target, target.Pid);
        error = Kernel32.AssignProcessToJobObject(job, process) == 0 ? Win32Error.Last : child.Watch();
        if (error == 0 && plan.Lifetime == ProcessLifetime.Managed)
        {
            // Last: from here on the end of this job's handle is the end of the process.
            error = Job.SetLimits(job, new JobLimits { Flags = JobLimits.KillOnJobClose });
        }
        else if (error == 0)
        {
            error = child.Lend();
        }

        if (error != 0)
        {
            child.LetGo();
            return Refused(target, error);
        }

        return new LaunchedProcess
        {
            Process = target,
            Keeper = child,
            Pgid = target.Pid,
            Group = group,
            JobId = JobNames.Of(plan.Operation),
        };
    }

    private static OperationError Refused(ProcessRef process, int error) =>
        error switch
        {
            Win32Error.ERROR_ACCESS_DENIED => new PermissionRefused(
                $"putting process {process.Pid} into a job ({Win32Error.Name(error)})",
                "It runs as another account, or is in a job that can't hold another one: try from an elevated host."
            ),
            Win32Error.ERROR_INVALID_PARAMETER => new StaleProcess($"process {process.Pid} has ended"),
            _ => new OperationFailed(
                "attach_failed",
                $"Process {process.Pid} could not be attached to ({Win32Error.Name(error)}).",
                "See the code in winerror.h; AssignProcessToJobObject's page says what it means there."
            ),
        };
}
