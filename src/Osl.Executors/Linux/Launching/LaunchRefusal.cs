using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>What a launch is refused for before anything is done: what can't be meant, and what this system lacks.</summary>
internal static class LaunchRefusal
{
    /// <summary>What is refused before anything is done.</summary>
    internal static OperationError? Of(LaunchPlan plan)
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
