using Osl.Executors.Streams;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>The call of posix_spawn(3) and what belongs to it, for every executor that starts by it: what is refused, streams, the call.</summary>
internal static class SpawnCall
{
    /// <summary>Starts a program; when it returns 0, its exec has succeeded.</summary>
    /// <param name="plan">What.</param>
    /// <param name="names">By which names programs run that run by their open file.</param>
    /// <param name="pipes">Open.</param>
    /// <param name="terminal">By which the child takes the terminal; -1 for not.</param>
    /// <param name="context">A context of its own; null for the host's.</param>
    /// <param name="keptIgnored">Signals that stay ignored: a bit each, the lowest for signal 1.</param>
    /// <param name="pid">The child.</param>
    /// <returns>The error number, or 0.</returns>
    internal static int Start(
        LaunchPlan plan,
        ProgramNames names,
        in ChildPipes pipes,
        int terminal,
        LaunchContext? context,
        ulong keptIgnored,
        out int pid
    )
    {
        var paths = LaunchPaths.Of(plan, names);
        paths = context?.OwnPaths(paths) ?? paths;
        var error = Start(plan, paths, pipes, terminal, context, keptIgnored, out pid);
        if (error == Errno.ENOENT && paths.OpenProgram.Length > 0 && names.HasLost(paths.Program))
        {
            error = Start(plan, LaunchPaths.Of(plan, names), pipes, terminal, context, keptIgnored, out pid);
        }

        return error;
    }

    /// <summary>The group that a child is born into.</summary>
    internal static int PgidOf(LaunchPlan plan, int pid) =>
        plan.OwnsGroup ? pid
        : plan.JoinGroup is { } joined ? joined.Group.Id
        : Libc.GetPgrp();

    /// <summary>For what failed when the program had begun: it must not be tried again as if it had not.</summary>
    internal static OperationError AfterStart(OperationError error) => error with { Effect = OperationEffect.Happened, Transient = false };

    /// <summary>What is refused before anything is done.</summary>
    /// <param name="plan">What is to be started.</param>
    /// <param name="hasGroupToJoin">Whether it has a group that the executor can join.</param>
    internal static OperationError? Refusal(LaunchPlan plan, bool hasGroupToJoin)
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

        if ((plan.Placement == ProcessGroupPlacement.JoinGroup) != hasGroupToJoin)
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

    private static unsafe int Start(
        LaunchPlan plan,
        in LaunchPaths paths,
        in ChildPipes pipes,
        int terminal,
        LaunchContext? context,
        ulong keptIgnored,
        out int pid
    )
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
                keptIgnored
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
}
