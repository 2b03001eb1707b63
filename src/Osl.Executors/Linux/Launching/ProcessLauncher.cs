using Osl.Executors.Registry;
using Osl.Executors.Streams;
using Osl.Executors.Watching;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Starts one program: reserve, pipes, posix_spawn, hold, register, watch.
/// </summary>
/// <remarks>
/// Constraints and scheme (knowledge/posix-spawn-from-dotnet.md, adr/0005-no-native-code.md):
/// <para>
/// No code of ours runs in the child: managed code can't survive a fork, and there is no native code. All that happens between birth
/// and exec is told to posix_spawn(3) beforehand; it returns when the exec has succeeded or failed, with the error number of whatever
/// failed first.
/// </para>
/// <para>
/// Everything that can fail without a child is done before there is one: refusals, the loops' threads, the registry's
/// reservation, pipes. After the spawn little can fail (descriptors, watches), and then the child is killed and reaped before
/// the error is returned: nothing is left, though the program has run for a moment (Effect is Happened).
/// </para>
/// <para>
/// The pidfd is opened before the child is watched, hence before anybody of ours can reap it: until then its pid is its own. Somebody
/// else can only be the runtime as process 1; then the process counts as started and ended, its status is what the pidfd still
/// tells, if there is one, and its start time is 0.
/// </para>
/// <para>
/// A group is joined by number, and numbers can be given away between the hold and the join. So the held group is asked afterwards:
/// if it still exists the number is its own, since the child itself keeps it in use; else the child is in a stranger's group and ends.
/// </para>
/// </remarks>
internal sealed class ProcessLauncher(
    ILaunchRegistry registry,
    ExitWatcher watcher,
    ReadinessLoop io,
    LinuxGroups groups,
    ProgramNames names,
    OutputPumps pumps,
    JobControl? jobControl = null
)
{
    /// <summary>Signals that stay ignored in what is started: a bit each, the lowest for signal 1.</summary>
    internal ulong KeptIgnored { get; init; }

    /// <summary>Which launches have a context, and are held, beside those that have to be.</summary>
    internal LaunchMode Mode { get; init; }

    /// <summary>By which gates.</summary>
    internal GateKind Gates { get; init; }

    internal OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan)
    {
        if (Refusal(plan) is { } refusal)
        {
            return refusal;
        }

        var error = watcher.Loop.EnsureStarted();
        error = error == 0 && ChildPipes.Needed(plan) ? io.EnsureStarted() : error;
        if (error != 0)
        {
            return SpawnErrors.Resource(error, plan.Executable.Facts.Path);
        }

        if (!registry.Reserve(plan).TryPickT0(out var registration, out var unregistered))
        {
            return unregistered;
        }

        var isLaunched = false;
        try
        {
            var result = Launch(plan, registration);
            isLaunched = result.IsT0;
            return result;
        }
        finally
        {
            if (!isLaunched)
            {
                registration.Ended();
            }
        }
    }

    private OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan, IRegistration registration)
    {
        // As process 1 the runtime reaps every child once it handles SIGCHLD, which can begin at any moment, with the first Process of
        // the host: one that is held can be held on to before it ends.
        var hold =
            Mode == LaunchMode.Held ? GateNeed.Needed
            : Environment.ProcessId == 1 ? GateNeed.Wanted
            : GateNeed.None;
        if (!plan.HasOwnContext && hold == GateNeed.None && Mode == LaunchMode.AsNeeded)
        {
            return Launch(plan, registration, context: null);
        }

        if (!LaunchContext.Prepare(plan, Gates, hold).TryPickT0(out var context, out var refused))
        {
            return refused;
        }

        using (context)
        {
            return Launch(plan, registration, context);
        }
    }

    private OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan, IRegistration registration, LaunchContext? context)
    {
        var pipes = new ChildPipes(pumps);
        try
        {
            if (pipes.Open(plan) is { } unopened)
            {
                return unopened;
            }

            var terminal = TerminalLoan.Prepare(plan, later: jobControl is not null);
            int error;
            int pid;
            do
            {
                error = SpawnCall.Start(plan, names, pipes, terminal?.BirthDescriptor ?? -1, context, KeptIgnored, out pid);
            } while (error != 0 && context?.TryOtherGate() == true);

            if (error != 0)
            {
                // The child may have taken the terminal before its exec failed.
                terminal?.Dispose();
                return Ended(plan.JoinGroup) ?? context?.Failure ?? SpawnErrors.Describe(error, plan);
            }

            pipes.CloseChildEnds();
            return Adopt(plan, registration, ref pipes, pid, terminal, context);
        }
        finally
        {
            pipes.Dispose();
        }
    }

    /// <summary>From the moment the child exists: it becomes ours wholly, or it is ended.</summary>
    private OneOf<LaunchedProcess, OperationError> Adopt(
        LaunchPlan plan,
        IRegistration registration,
        ref ChildPipes pipes,
        int pid,
        TerminalLoan? terminal,
        LaunchContext? context
    )
    {
        var error = 0;
        var line = default(ProcLine);
        var pidfd = context?.TakeHeld(out line) ?? PidFd.TryOpen(pid, out error, spend: false);
        if (pidfd is null && error != Errno.ESRCH)
        {
            LinuxChild.Abandon(pid, plan.OwnsGroup);
            terminal?.Dispose();
            return SpawnCall.AfterStart(SpawnErrors.Resource(error, plan.Executable.Facts.Path));
        }

        // Gone already: reaped by somebody else. What it did and how it ended is still to be told, only not when it started.
        if (line.Pid == 0 && !ProcLine.TryRead(pid, out line, out error) && pidfd is not null && error is not (Errno.ENOENT or Errno.ESRCH))
        {
            Abandon(pidfd, plan, terminal);
            return SpawnCall.AfterStart(SpawnErrors.Resource(error, plan.Executable.Facts.Path));
        }

        if (Ended(plan.JoinGroup) is { } ended)
        {
            Abandon(pidfd, plan, terminal);
            return SpawnCall.AfterStart(ended);
        }

        var process = LinuxProcessTable.Ref(pid, line.StartTime);
        var ownGroup = plan.OwnsGroup ? new GroupRef(pid, process, plan.Operation) : null;
        var child = new LinuxChild(watcher, groups, pidfd, process, registration)
        {
            OwnGroup = ownGroup,
            Terminal = terminal,
            Cgroup = context?.Cgroup,
            Enclosure = context?.EnclosureOf(process),
        };
        terminal?.Born(pid);

        var ends = default(HostEnds);
        var isOurs = false;
        try
        {
            registration.Started(process, SpawnCall.PgidOf(plan, pid));
            ends = HostEnds.Take(ref pipes, jobControl, out error);
            if (error == 0 && pidfd is not null)
            {
                if (ownGroup is not null)
                {
                    groups.Remember(child);
                }

                // The thread first: when the system gives none, nobody watches yet.
                error = TryBeginJob(child, terminal) ? child.Watch() : Errno.EAGAIN;
            }

            isOurs = error == 0;
        }
        finally
        {
            // Whatever it was, be it what nobody could foresee: a child that nobody watches is ended.
            if (!isOurs)
            {
                ends.GiveUp();
                groups.Forget(child);
                Abandon(pidfd, plan, terminal);
            }
        }

        if (!isOurs)
        {
            return SpawnCall.AfterStart(SpawnErrors.Resource(error, plan.Executable.Facts.Path));
        }

        context?.Keep();
        if (pidfd is null)
        {
            child.EndUnseen();
        }

        return ends.With(plan, ref pipes, child, process, ownGroup);
    }

    /// <returns>False when the system gives no thread for what it takes.</returns>
    private bool TryBeginJob(LinuxChild child, TerminalLoan? terminal) =>
        terminal is null
        || jobControl is null
        || StoppableChild.Of(child, groups.GroupSignal) is not { } job
        || TerminalJob.TryBegin(jobControl, job, terminal);

    /// <summary>Asked after a join, and after one that was refused: setpgid(2) answers EPERM for a group that is gone.</summary>
    private static StaleProcess? Ended(GroupLease? joined) =>
        joined is LinuxGroupLease lease && !lease.IsStill()
            ? new StaleProcess($"{lease.Group} has ended while a process was to join it")
            : null;

    private void Abandon(PidFd? pidfd, LaunchPlan plan, TerminalLoan? terminal)
    {
        if (pidfd is not null)
        {
            LinuxChild.Abandon(pidfd, plan.OwnsGroup, groups.GroupSignal);
        }

        terminal?.Dispose();
    }

    /// <summary>What is refused before anything is done.</summary>
    private static OperationError? Refusal(LaunchPlan plan) =>
        LinuxFeatures.HasPidfd
            ? SpawnCall.Refusal(plan, plan.JoinGroup is LinuxGroupLease)
            : new Unsupported(
                $"starting '{plan.Executable.Facts.Path}' without pidfds by the executor that is made of them",
                $"{LinuxErrors.WherePidfdsWork}; osl doctor shows what is there."
            );
}
