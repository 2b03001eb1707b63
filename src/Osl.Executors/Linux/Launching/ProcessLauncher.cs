using Osl.Executors.Registry;
using Osl.Executors.Streams;
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
    EpollLoop io,
    LinuxGroups groups,
    ProgramNames names,
    OutputPumps pumps,
    JobControl? jobControl = null,
    GateKind gates = GateKind.Any
)
{
    private static readonly Action Nothing = static () => { };

    /// <summary>Signals that stay ignored in what is started: a bit each, the lowest for signal 1.</summary>
    internal ulong KeptIgnored { get; init; }

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

        var result = Launch(plan, registration);
        if (result.IsT1)
        {
            registration.Ended();
        }

        return result;
    }

    private OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan, IRegistration registration)
    {
        if (!plan.HasOwnContext)
        {
            return Launch(plan, registration, context: null);
        }

        if (!LaunchContext.Prepare(plan, gates).TryPickT0(out var context, out var refused))
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
            var paths = LaunchPaths.Of(plan, names);
            var error = Spawn(plan, paths, pipes, terminal?.BirthDescriptor ?? -1, context, out var pid);
            if (error == Errno.ENOENT && paths.OpenProgram.Length > 0 && names.HasLost(paths.Program))
            {
                error = Spawn(plan, LaunchPaths.Of(plan, names), pipes, terminal?.BirthDescriptor ?? -1, context, out pid);
            }

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
        var pidfd = PidFd.TryOpen(pid, out var error, spend: false);
        if (pidfd is null && error != Errno.ESRCH)
        {
            LinuxChild.Abandon(pid, plan.OwnsGroup);
            terminal?.Dispose();
            return AfterStart(SpawnErrors.Resource(error, plan.Executable.Facts.Path));
        }

        // Gone already: reaped by somebody else. What it did and how it ended is still to be told, only not when it started.
        if (!ProcLine.TryRead(pid, out var line, out error) && pidfd is not null && error is not (Errno.ENOENT or Errno.ESRCH))
        {
            return Abandon(pidfd, plan, terminal, SpawnErrors.Resource(error, plan.Executable.Facts.Path));
        }

        if (Ended(plan.JoinGroup) is { } ended)
        {
            return Abandon(pidfd, plan, terminal, ended);
        }

        var process = LinuxProcessTable.Ref(pid, line.StartTime);
        var pgid =
            plan.OwnsGroup ? pid
            : plan.JoinGroup is { } target ? target.Group.Id
            : Libc.GetPgrp();
        var ownGroup = plan.OwnsGroup ? new GroupRef(pid, process, plan.Operation) : null;
        var child = new LinuxChild(watcher, groups, pidfd, process, registration)
        {
            OwnGroup = ownGroup,
            Terminal = terminal,
            Cgroup = context?.Cgroup,
            Enclosure = context?.EnclosureOf(process),
        };
        terminal?.Born(pid);

        registration.Started(process, pgid);
        var ownTerminal = pipes.TakeTerminal();
        var input = pipes.TakeInput();
        if (ownTerminal is not null)
        {
            // Before anything that it shows is passed on: whoever sees that can already type.
            jobControl?.TerminalStarted?.Invoke(input!, ownTerminal);
        }

        var captures = CapturesOf(pipes, out error);
        if (error == 0 && pidfd is not null)
        {
            if (ownGroup is not null)
            {
                groups.Remember(child);
            }

            error = child.Watch();
        }

        if (error != 0)
        {
            captures?.GiveUp();
            input?.Dispose();
            ownTerminal?.Dispose();
            groups.Forget(child);
            return Abandon(pidfd, plan, terminal, SpawnErrors.Resource(error, plan.Executable.Facts.Path));
        }

        context?.Keep();
        if (pidfd is null)
        {
            child.EndUnseen();
        }
        else if (terminal is not null && jobControl is not null)
        {
            TerminalJob.Begin(jobControl, child, terminal, groups.GroupSignal);
        }

        return new LaunchedProcess
        {
            Process = process,
            Keeper = child,
            Pgid = pgid,
            Group = ownGroup ?? plan.JoinGroup?.Group,
            StandardInput = input,
            StandardOutput = pipes.Output?.TakeReader(),
            StandardError = pipes.Error?.TakeReader(),
            Terminal = ownTerminal,
            Exited = child.Exited,
            GroupEnded = child.GroupEnded,
            OutputEnded = captures?.Ended ?? CaptureSet.Nothing,
            EndCapture = captures is null ? Nothing : captures.GiveUp,
        };
    }

    private unsafe int Spawn(LaunchPlan plan, in LaunchPaths paths, in ChildPipes pipes, int terminal, LaunchContext? context, out int pid)
    {
        var actionSpace = stackalloc byte[Libc.PosixSpawnActionsSize];
        var attributeSpace = stackalloc byte[Libc.PosixSpawnAttributesSize];
        var block = NativeStrings.Rent(plan, paths);
        fixed (byte* start = block)
        {
            var strings = NativeStrings.Over(block, start, plan);
            var path = strings.Add(paths.Program);
            var directory = strings.Add(paths.Directory);
            var open = strings.Add(paths.OpenProgram);
            var argv = strings.AddTable(plan.Arguments, 0);
            var envp = strings.AddTable(plan.Environment, plan.Arguments.Count + 1);

            var spawn = new SpawnActions(actionSpace, attributeSpace);
            spawn.SetAttributes(
                plan.OwnsSession,
                plan.Placement != ProcessGroupPlacement.Inherit,
                plan.JoinGroup is { } group ? group.Group.Id : 0,
                KeptIgnored
            );
            if (pipes.Terminal is { } own)
            {
                spawn.OpenTerminal(own.SlavePath);
            }
            else
            {
                spawn.SetInput(plan.StandardInput, pipes.ChildInput);
            }

            if (terminal >= 0)
            {
                spawn.TakeTerminal(terminal);
            }

            spawn.SetOutput(1, plan.StandardOutput.Kind, pipes.ChildOutput);
            spawn.SetOutput(2, plan.StandardError.Kind, pipes.ChildError);
            spawn.ChangeDirectory(directory);
            var first = ProgramNames.ChildDescriptor;
            if (paths.OpenProgram.Length > 0)
            {
                spawn.Reopen(open, first++);
            }

            var armed = pipes.Terminal is { } granted ? context?.AllowTerminal(granted.SlavePath) ?? 0 : 0;
            armed = armed == 0 ? context?.Arm(ref spawn, ref first) ?? 0 : armed;
            spawn.CloseTheRest(first);
            context?.AddWait(ref spawn);

            pid = 0;
            var error =
                armed != 0 ? armed
                : context is null ? spawn.Spawn(path, argv, envp, out pid)
                : spawn.Spawn(context, path, argv, envp, out pid);
            spawn.Dispose();
            NativeStrings.Return(block);
            return error;
        }
    }

    /// <summary>Asked after a join, and after one that was refused: setpgid(2) answers EPERM for a group that is gone.</summary>
    private static StaleProcess? Ended(GroupLease? joined) =>
        joined is LinuxGroupLease lease && !lease.IsStill()
            ? new StaleProcess($"{lease.Group} has ended while a process was to join it")
            : null;

    private static CaptureSet? CapturesOf(in ChildPipes pipes, out int error)
    {
        error = 0;
        if (pipes.Output is null && pipes.Error is null)
        {
            return null;
        }

        var set = new CaptureSet();
        var first = pipes.Output?.Collect(set);
        var second = pipes.Error?.Collect(set);
        if (first is null && second is null)
        {
            return null;
        }

        // Both are in the set before the first can end.
        set.Output = first;
        set.Error = second;
        error = first?.Begin() ?? 0;
        error = error == 0 ? second?.Begin() ?? 0 : error;
        return set;
    }

    private static OneOf<LaunchedProcess, OperationError> Abandon(
        PidFd? pidfd,
        LaunchPlan plan,
        TerminalLoan? terminal,
        OperationError error
    )
    {
        if (pidfd is not null)
        {
            LinuxChild.Abandon(pidfd, plan.OwnsGroup);
        }

        terminal?.Dispose();
        return AfterStart(error);
    }

    private static OperationError AfterStart(OperationError error) => error with { Effect = OperationEffect.Happened, Transient = false };

    /// <summary>What is refused before anything is done.</summary>
    private static OperationError? Refusal(LaunchPlan plan)
    {
        var path = plan.Executable.Facts.Path;
        if (NativeStrings.HoldsNul(plan) || plan.Arguments.Count == 0)
        {
            return new ValidationFailed(["A program's own name is needed, and nothing may hold a NUL: it would be cut off there."]);
        }

        if (plan.StandardOutput.Kind == StandardOutputKind.SameAsOutput || plan.StandardError.Kind == StandardOutputKind.Terminal)
        {
            return new ValidationFailed(["SameAsOutput is for standard error, and a terminal is for standard output."]);
        }

        if ((plan.Placement == ProcessGroupPlacement.JoinGroup) != (plan.JoinGroup is LinuxGroupLease))
        {
            return new ValidationFailed(["JoinGroup needs the group to join, and nothing else does."]);
        }

        if (plan.JoinGroup is { } group)
        {
            if (ProtectedTargets.Contains(group.Group.Id, isGroup: true))
            {
                return ProtectedTargets.Refuse(group.Group.Id, isGroup: true);
            }

            if (plan.OwnsSession)
            {
                return new Unsupported(
                    $"starting '{path}' in a session of its own and in {group.Group} at once",
                    "A group lies within one session (setpgid(2)): ask for one of the two."
                );
            }
        }

        if (plan.ForegroundTerminal && !LibcExtensions.HasAddTcsetpgrp && HoldsTerminal())
        {
            return new Unsupported($"giving '{path}' the terminal", "glibc 2.35 or later (posix_spawn_file_actions_addtcsetpgrp_np).");
        }

        if (!LinuxFeatures.HasPidfd)
        {
            return new Unsupported(
                $"starting '{path}' without pidfds",
                "Linux 5.4 or later on x86-64 or arm64, and no seccomp filter that refuses pidfd_open; osl doctor shows what is there."
            );
        }

        if (!LinuxFeatures.HasProc)
        {
            return new Unsupported(
                $"starting '{path}' without the /proc of this pid namespace",
                "Mount it (mount -t proc proc /proc; unshare --mount-proc): processes are told apart by it."
            );
        }

        return SignalDispositions.IsChildIgnored() ? SpawnErrors.ChildIgnored(path) : null;
    }

    private static bool HoldsTerminal()
    {
        using var terminal = ControllingTerminal.TryOpen();
        return terminal?.IsOurs == true;
    }
}
