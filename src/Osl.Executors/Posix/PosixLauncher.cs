using Osl.Executors.Linux;
using Osl.Executors.Registry;
using Osl.Executors.Streams;
using Osl.Executors.Watching;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Posix;

/// <summary>
/// Starts one program: reserve, pipes, posix_spawn, register, watch. As the Linux executor's ProcessLauncher, without a pidfd: until
/// the child is watched nobody of ours can reap it, so its pid is its own.
/// </summary>
internal sealed class PosixLauncher(
    ILaunchRegistry registry,
    ChildWatcher watcher,
    ReadinessLoop io,
    LinuxGroups groups,
    ProgramNames names,
    OutputPumps pumps,
    JobControl? jobControl
)
{
    /// <summary>Signals that stay ignored in what is started: a bit each, the lowest for signal 1.</summary>
    internal ulong KeptIgnored { get; init; }

    internal OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan)
    {
        if (SpawnCall.Refusal(plan, plan.JoinGroup is PosixGroupLease) is { } refusal)
        {
            return refusal;
        }

        // After the refusal: it tells whether SIGCHLD is ignored, which is not to be seen once the runtime handles it.
        watcher.Begin();
        if (ChildPipes.Needed(plan) && io.EnsureStarted() is var error and not 0)
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
            var result = plan.JoinGroup is PosixGroupLease group ? Join(plan, group, registration) : Launch(plan, registration);
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

    private OneOf<LaunchedProcess, OperationError> Join(LaunchPlan plan, PosixGroupLease group, IRegistration registration)
    {
        if (!group.TryBeginJoin())
        {
            return EndedBefore(group);
        }

        try
        {
            return Launch(plan, registration);
        }
        finally
        {
            group.EndJoin();
        }
    }

    private OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan, IRegistration registration)
    {
        var pipes = new ChildPipes(pumps);
        try
        {
            if (pipes.Open(plan) is { } unopened)
            {
                return unopened;
            }

            var terminal = TerminalLoan.Prepare(plan, later: jobControl is not null);
            var error = SpawnCall.Start(plan, names, pipes, terminal?.BirthDescriptor ?? -1, context: null, KeptIgnored, out var pid);
            if (error != 0)
            {
                // The child may have taken the terminal before its exec failed.
                terminal?.Dispose();
                return Ended(plan.JoinGroup) ?? SpawnErrors.Describe(error, plan);
            }

            pipes.CloseChildEnds();
            return Adopt(plan, registration, ref pipes, pid, terminal);
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
        TerminalLoan? terminal
    )
    {
        // Gone already: reaped by the runtime as process 1. What it did is still to be told, only not when it started.
        if (!ProcLine.TryRead(pid, out var line, out var error) && error is not (Errno.ENOENT or Errno.ESRCH))
        {
            Abandon(pid, plan, terminal);
            return SpawnCall.AfterStart(SpawnErrors.Resource(error, plan.Executable.Facts.Path));
        }

        if (Ended(plan.JoinGroup) is { } ended)
        {
            Abandon(pid, plan, terminal);
            return SpawnCall.AfterStart(ended);
        }

        var process = LinuxProcessTable.Ref(pid, line.StartTime);
        var ownGroup = plan.OwnsGroup ? new GroupRef(pid, process, plan.Operation) : null;
        var child = new PosixChild(watcher, groups, process, registration) { OwnGroup = ownGroup, Terminal = terminal };
        terminal?.Born(pid);

        var ends = default(HostEnds);
        var isOurs = false;
        try
        {
            registration.Started(process, SpawnCall.PgidOf(plan, pid));
            ends = HostEnds.Take(ref pipes, jobControl, out error);
            if (error == 0 && terminal is not null && jobControl is not null && !TerminalJob.TryBegin(jobControl, child, terminal))
            {
                error = Errno.EAGAIN;
            }

            isOurs = error == 0;
        }
        finally
        {
            // Whatever it was, be it what nobody could foresee: a child that nobody watches is ended.
            if (!isOurs)
            {
                ends.GiveUp();
                Abandon(pid, plan, terminal);
            }
        }

        if (!isOurs)
        {
            return SpawnCall.AfterStart(SpawnErrors.Resource(error, plan.Executable.Facts.Path));
        }

        var launched = ends.With(plan, ref pipes, child, process, ownGroup);
        // Last: from now on it may be reaped.
        watcher.Add(child);
        return launched;
    }

    /// <summary>Asked after a join, and after one that was refused: setpgid(2) answers EPERM for a group that is gone.</summary>
    private static StaleProcess? Ended(GroupLease? joined) =>
        joined is PosixGroupLease lease && !lease.IsStill() ? EndedBefore(lease) : null;

    private static StaleProcess EndedBefore(PosixGroupLease group) => new($"{group.Group} has ended while a process was to join it");

    private static void Abandon(int pid, LaunchPlan plan, TerminalLoan? terminal)
    {
        PosixChild.Abandon(pid, plan.OwnsGroup);
        terminal?.Dispose();
    }
}
