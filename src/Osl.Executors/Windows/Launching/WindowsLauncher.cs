using Osl.Executors.Registry;
using Osl.Executors.Streams;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// Starts one program: reserve, job, handles, CreateProcessW, register, watch.
/// </summary>
/// <remarks>
/// Constraints and scheme (adr/0016-windows-jobs.md, knowledge/windows-jobs-and-pipes.md):
/// <para>
/// Every launch has a job of its own. A group's has a name; that of a process in its host's group, or in one that it joins, has
/// none and lies within the job that is joined. A Managed one's job ends with its last handle, which is ours: whatever becomes of
/// the host, the kernel closes it.
/// </para>
/// <para>
/// The process is born into its jobs, so that nothing it starts can be outside. Where the system can't do that it is born suspended and put
/// into them before its first instruction. It is born suspended as well when something has to be done to it first: a mask of
/// processors, or a look whether the group that it joins still is one.
/// </para>
/// <para>
/// It inherits the handles that are named and no other. Ours are never inheritable but for the child's ends, between their opening and
/// the start: System.Diagnostics.Process, which inherits everything, may catch one of those for its own child, and then the end
/// of that stream comes only with that child.
/// </para>
/// </remarks>
internal sealed class WindowsLauncher(ILaunchRegistry registry, JobWatcher watcher, WindowsMode mode)
{
    internal OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan)
    {
        if (LaunchChecks.Refusal(plan, mode) is { } refusal)
        {
            return refusal;
        }

        if (LaunchText.Of(plan).TryPickT1(out var unwritable, out var text))
        {
            return unwritable;
        }

        if (!registry.Reserve(plan).TryPickT0(out var registration, out var unregistered))
        {
            return unregistered;
        }

        var result = Launch(plan, text, registration);
        if (result.IsT1)
        {
            registration.Ended();
        }

        return result;
    }

    private OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan, LaunchText text, IRegistration registration)
    {
        var path = plan.Executable.Facts.Path;
        if (OpenJob(plan).TryPickT1(out var noJob, out var job))
        {
            return noJob;
        }

        var child = new WindowsChild(watcher, job);
        var error = watcher.Add(child, job);
        if (error != 0)
        {
            job.Dispose();
            return LaunchErrors.Resource(error, path);
        }

        using var handles = new ChildHandles();
        error = handles.Open(plan);
        if (error == 0 && plan.Lifetime == ProcessLifetime.Detached)
        {
            // A name goes with the last handle: this one lets the group be found when its host is gone.
            error = handles.Lend(job, Kernel32.SYNCHRONIZE);
        }

        if (error != 0)
        {
            child.Abandon();
            return LaunchErrors.Resource(error, path);
        }

        var joined = plan.JoinGroup as WindowsGroupLease;
        Win32Handle[] jobs = joined is null ? [job] : [joined.Job, job];
        var suspended = !mode.JobAtCreation || joined is not null || plan.CpuAffinity.Count > 0 || plan.Nice is not null;
        var flags = FlagsOf(plan);
        error = new ProcessCreation
        {
            Application = text.Application,
            CommandLine = text.CommandLine,
            Environment = text.Environment,
            Directory = plan.WorkingDirectory,
            Handles = handles,
            Jobs = mode.JobAtCreation ? jobs : [],
            Flags = flags | (suspended ? Kernel32.CREATE_SUSPENDED : 0),
        }.Create(out var process, out var thread, out var pid);
        if (error != 0)
        {
            process.Dispose();
            thread.Dispose();
            child.Abandon();
            return LaunchErrors.Describe(error, plan);
        }

        handles.CloseInherited();
        if ((flags & Kernel32.CREATE_NEW_PROCESS_GROUP) != 0)
        {
            child.Leads(pid, atOurs: (flags & Kernel32.CREATE_NO_WINDOW) == 0);
        }

        using (thread)
        {
            if (Prepare(plan, process, pid, jobs) is { } unprepared)
            {
                return Abandon(child, process, unprepared);
            }

            return Adopt(plan, registration, child, handles, process, pid, suspended ? thread : null);
        }
    }

    /// <summary>What is done to a process that has not run yet.</summary>
    private OperationError? Prepare(LaunchPlan plan, Win32Handle process, int pid, Win32Handle[] jobs)
    {
        var path = plan.Executable.Facts.Path;
        if (!mode.JobAtCreation)
        {
            foreach (var job in jobs)
            {
                if (Kernel32.AssignProcessToJobObject(job, process) == 0)
                {
                    return LaunchErrors.Resource(Win32Error.Last, path);
                }
            }
        }

        if (plan.JoinGroup is WindowsGroupLease joined && joined.HasOthersThan(pid) != true)
        {
            return new StaleProcess($"{joined.Group} has ended while a process was to join it");
        }

        if (plan.Nice is { } nice && Kernel32.SetPriorityClass(process, LaunchResources.PriorityOf(nice)) == 0)
        {
            return new LimitUnavailable("priority", $"the system refused it ({Win32Error.Name(Win32Error.Last)})");
        }

        return plan.CpuAffinity.Count > 0 && Kernel32.SetProcessAffinityMask(process, LaunchResources.MaskOf(plan.CpuAffinity)) == 0
            ? new LimitUnavailable("CPU affinity", $"the system refused the CPUs asked for ({Win32Error.Name(Win32Error.Last)})")
            : null;
    }

    /// <summary>From the moment the child exists: it becomes ours wholly, or it is ended.</summary>
    private OneOf<LaunchedProcess, OperationError> Adopt(
        LaunchPlan plan,
        IRegistration registration,
        WindowsChild child,
        ChildHandles handles,
        Win32Handle process,
        int pid,
        Win32Handle? toResume
    )
    {
        var reference = WindowsProcesses.Ref(pid, ProcessHandle.CreationTime(process));
        var ownGroup = plan.OwnsGroup ? new GroupRef(pid, reference, plan.Operation) : null;
        var pgid =
            plan.OwnsGroup ? pid
            : plan.JoinGroup is { } target ? target.Group.Id
            : HostGroup.IdOf(registry);
        child.Begin(process, reference, ownGroup, registration);
        registration.Started(reference, pgid);

        if (toResume is not null && Kernel32.ResumeThread(toResume) == uint.MaxValue)
        {
            return Abandon(child, process, LaunchErrors.Resource(Win32Error.Last, plan.Executable.Facts.Path));
        }

        var error = child.Watch();
        if (error != 0)
        {
            return Abandon(
                child,
                process,
                LaunchErrors.Resource(error, plan.Executable.Facts.Path) with
                {
                    Effect = OperationEffect.Happened,
                    Transient = false,
                }
            );
        }

        var captures = CapturesOf(plan, handles);
        return new LaunchedProcess
        {
            Process = reference,
            Keeper = child,
            Pgid = pgid,
            Group = ownGroup ?? plan.JoinGroup?.Group,
            JobId = ownGroup is not null ? JobNames.Of(plan.Operation) : (plan.JoinGroup as WindowsGroupLease)?.Name,
            StandardInput = handles.TakeInput(),
            StandardOutput = handles.TakeOutput(),
            StandardError = handles.TakeError(),
            Captures = captures,
        };
    }

    private static OneOf<Win32Handle, OperationError> OpenJob(LaunchPlan plan)
    {
        var path = plan.Executable.Facts.Path;
        var name = plan.OwnsGroup ? JobNames.Of(plan.Operation) : null;
        var job = Job.TryCreate(name, SecurityDescriptor.OwnerOnly, out var error);
        if (job is null)
        {
            // Of the name, and not ours to open; or something else of that name.
            return
                name is not null
                && error is Win32Error.ERROR_ALREADY_EXISTS or Win32Error.ERROR_ACCESS_DENIED or Win32Error.ERROR_INVALID_HANDLE
                ? LaunchErrors.NameTaken(path, name!, error)
                : LaunchErrors.Resource(error, path);
        }

        var limits = LaunchResources.LimitsOf(plan);
        error = limits.Flags == 0 ? 0 : Job.SetLimits(job, limits);
        if (error == 0 && LaunchResources.RateOf(plan.Limits) is { } rate)
        {
            error = Job.SetCpuRate(job, rate);
        }

        if (error == 0)
        {
            return job;
        }

        job.Dispose();
        return plan.Limits is null
            ? LaunchErrors.Resource(error, path)
            : new LimitUnavailable("of a job object", $"the system refused it ({Win32Error.Name(error)})");
    }

    /// <remarks>
    /// A program that gets a console of its own has none that is seen, and neither has what it starts. It leads a process group of its console,
    /// by which it can be asked to end, unless it shares the host's console and is to hear the keyboard's Ctrl-C with it.
    /// </remarks>
    private static uint FlagsOf(LaunchPlan plan)
    {
        var shares = !plan.OwnsSession && ConsoleBreak.HostHasConsole();
        var hearsKeyboard = shares && (plan.ForegroundTerminal || plan.Placement == ProcessGroupPlacement.Inherit);
        // Under Wine nobody hears anything who leads one (ConsoleBreak).
        var leads = !hearsKeyboard && (shares || !Wine.IsHere);
        return (shares ? 0 : Kernel32.CREATE_NO_WINDOW) | (leads ? Kernel32.CREATE_NEW_PROCESS_GROUP : 0);
    }

    private static CaptureSet? CapturesOf(LaunchPlan plan, ChildHandles handles)
    {
        var output = plan.StandardOutput.Kind == StandardOutputKind.Capture;
        var errors = plan.StandardError.Kind == StandardOutputKind.Capture;
        if (!output && !errors)
        {
            return null;
        }

        var set = new CaptureSet();
        var first = output ? WindowsCapture.Of(handles.TakeOutput()!, CaptureSet.LimitOf(plan.StandardOutput), set) : null;
        var second = errors ? WindowsCapture.Of(handles.TakeError()!, CaptureSet.LimitOf(plan.StandardError), set) : null;
        // Both are in the set before the first can end.
        set.Output = first;
        set.Error = second;
        first?.Begin();
        second?.Begin();
        return set;
    }

    /// <summary>By its handle as well: it may not be in its job yet.</summary>
    private static OperationError Abandon(WindowsChild child, Win32Handle process, OperationError error)
    {
        _ = Kernel32.TerminateProcess(process, WindowsSignals.KilledExitCode);
        child.Abandon();
        process.Dispose();
        return error;
    }
}
