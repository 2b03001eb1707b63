using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>What is refused before anything is done.</summary>
internal static class LaunchChecks
{
    internal static OperationError? Refusal(LaunchPlan plan, WindowsMode mode)
    {
        if (
            plan.StandardOutput.Kind
            is not (StandardOutputKind.Inherit or StandardOutputKind.Null or StandardOutputKind.Pipe or StandardOutputKind.Capture)
        )
        {
            return NoSuchOutput(plan.StandardOutput.Kind);
        }

        if (plan.StandardError.Kind is StandardOutputKind.File or StandardOutputKind.Terminal or StandardOutputKind.Tee)
        {
            return NoSuchOutput(plan.StandardError.Kind);
        }

        if ((plan.Placement == ProcessGroupPlacement.JoinGroup) != (plan.JoinGroup is WindowsGroupLease))
        {
            return new ValidationFailed(["JoinGroup needs the group to join, and nothing else does."]);
        }

        if (plan.JoinGroup is WindowsGroupLease group)
        {
            if (group.IsProtected)
            {
                return HostGroup.Refuse(group.Group.ToString());
            }

            if (plan.OwnsSession)
            {
                return new Unsupported(
                    $"starting '{plan.Executable.Facts.Path}' in a session of its own and in {group.Group} at once",
                    "What has a session of its own has a group of its own: ask for one of the two."
                );
            }
        }

        return LaunchResources.Refusal(plan.CpuAffinity, plan.Limits, mode.LimitsEnforced);
    }

    private static Unsupported NoSuchOutput(StandardOutputKind kind) =>
        new($"standard output of kind {kind}", "Use a pipe or a capture; files and terminals come with a later release.");
}
