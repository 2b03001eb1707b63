namespace Osl.Operations.Processes;

/// <summary>What the operations on processes and groups that exist have in common: the shape of a target and of a stop sequence.</summary>
/// <remarks>Id 1 has the right shape and is refused by prepare, where a refusal is a denial that names its reason.</remarks>
internal static class TargetShapes
{
    private const int MostSteps = 16;

    private const int LongestBootId = 64;

    /// <summary>A process.</summary>
    /// <param name="failures">Where to add.</param>
    /// <param name="member">The member's name.</param>
    /// <param name="target">The target.</param>
    public static void RequireProcess(this ref ShapeFailures failures, string member, ProcessTarget? target)
    {
        if (target is null)
        {
            failures.Add(member, "is missing");
            return;
        }

        RequireId(ref failures, member, nameof(target.Pid), target.Pid);
        if (target.Process is { } process)
        {
            RequireReference(ref failures, member, nameof(target.Process), process);
            if (process.Pid != target.Pid)
            {
                failures.Add($"{member}.{nameof(target.Process)}", "is another process than the pid beside it");
            }
        }
    }

    /// <summary>A group.</summary>
    /// <param name="failures">Where to add.</param>
    /// <param name="member">The member's name.</param>
    /// <param name="target">The target.</param>
    public static void RequireGroup(this ref ShapeFailures failures, string member, GroupTarget? target)
    {
        if (target is null)
        {
            failures.Add(member, "is missing");
            return;
        }

        RequireId(ref failures, member, nameof(target.Pgid), target.Pgid);
        if (target.Group is { } group)
        {
            failures.RequireGroupReference($"{member}.{nameof(target.Group)}", group, target.Pgid);
        }
    }

    /// <summary>The exact group of an operation whose target is a process, or with a flag the group that this one leads.</summary>
    /// <param name="failures">Where to add.</param>
    /// <param name="member">The member's name.</param>
    /// <param name="group">The reference; null for none.</param>
    /// <param name="targetGroup">The flag.</param>
    /// <param name="target">The process.</param>
    public static void RequireGroupBeside(
        this ref ShapeFailures failures,
        string member,
        GroupRef? group,
        bool targetGroup,
        ProcessTarget? target
    )
    {
        if (group is null)
        {
            return;
        }

        if (!targetGroup)
        {
            failures.Add(member, "is given without TargetGroup");
        }

        if (target is not null)
        {
            failures.RequireGroupReference(member, group, target.Pid);
        }
    }

    /// <summary>The reference to a group, beside the number that it has to agree with.</summary>
    /// <param name="failures">Where to add.</param>
    /// <param name="member">The member's name.</param>
    /// <param name="group">The reference.</param>
    /// <param name="pgid">The number.</param>
    public static void RequireGroupReference(this ref ShapeFailures failures, string member, GroupRef group, int pgid)
    {
        if (group.Id != pgid)
        {
            failures.Add(member, "is another group than the id beside it");
        }

        if (group.Leader is not { } leader)
        {
            failures.Add($"{member}.{nameof(group.Leader)}", "is missing");
            return;
        }

        RequireReference(ref failures, member, nameof(group.Leader), leader);
        if (leader.Pid != group.Id)
        {
            failures.Add($"{member}.{nameof(group.Leader)}", "is not the process whose pid the group's id is");
        }
    }

    /// <summary>A way to end something.</summary>
    /// <param name="failures">Where to add.</param>
    /// <param name="member">The member's name.</param>
    /// <param name="sequence">The steps.</param>
    public static void RequireStopSequence(this ref ShapeFailures failures, string member, StopSequence sequence)
    {
        var steps = sequence.Steps;
        if (steps.Count is < 1 or > MostSteps)
        {
            failures.Add($"{member}.{nameof(sequence.Steps)}", $"has to hold from 1 to {MostSteps} steps");
            return;
        }

        for (var index = 0; index < steps.Count; index++)
        {
            if (steps[index] is not { } step)
            {
                failures.Add($"{member}.{nameof(sequence.Steps)}", index, "is missing");
                continue;
            }

            if (step.Signal.Number is < 1 or > 64)
            {
                failures.Add($"{member}.{nameof(sequence.Steps)}", index, "has no signal; a signal is 1 to 64");
            }

            if (step.Wait < TimeSpan.Zero || step.Wait > StopSequence.LongestWait)
            {
                failures.Add($"{member}.{nameof(sequence.Steps)}", index, "has to wait from no time to a day");
            }
            else if (index == steps.Count - 1 && step.Wait == TimeSpan.Zero)
            {
                failures.Add($"{member}.{nameof(sequence.Steps)}", index, "has to wait: it is the last, and without a wait no end is seen");
            }
        }
    }

    /// <summary>A signal that can be sent.</summary>
    /// <param name="failures">Where to add.</param>
    /// <param name="member">The member's name.</param>
    /// <param name="signal">The signal.</param>
    public static void RequireSignal(this ref ShapeFailures failures, string member, Signal signal)
    {
        if (signal.Number is < 1 or > 64)
        {
            failures.Add(member, "is missing; a signal is 1 to 64");
        }
    }

    private static void RequireId(ref ShapeFailures failures, string member, string part, int id)
    {
        if (id <= 0)
        {
            failures.Add($"{member}.{part}", "has to be greater than 1: 0, 1, -1 and negative ids are never a target");
        }
    }

    private static void RequireReference(ref ShapeFailures failures, string member, string part, ProcessRef process)
    {
        if (process.Pid <= 0)
        {
            failures.Add($"{member}.{part}.{nameof(process.Pid)}", "has to be greater than 0");
        }

        // Empty is right where the start time is a wall-clock time; a text of another kind never is.
        if (process.BootId is null || process.BootId.Length > LongestBootId || ShapeFailures.CharacterFlaw(process.BootId) is not null)
        {
            failures.Add($"{member}.{part}.{nameof(process.BootId)}", "is no boot id");
        }

        if (process.StartTime < 0)
        {
            failures.Add($"{member}.{part}.{nameof(process.StartTime)}", "is negative");
        }

        if (process.PidNamespace < 0)
        {
            failures.Add($"{member}.{part}.{nameof(process.PidNamespace)}", "is negative");
        }
    }
}
