namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="SpawnProcessOperation"/>. How long all arguments together may be, the kernel decides.</summary>
internal sealed partial class SpawnProcessValidator : ShapeValidator<SpawnProcessOperation>
{
    /// <summary>The longest path of any platform: 32,767 UTF-16 code units on Windows; the kernel refuses earlier on Linux.</summary>
    private const int LongestPath = 32_767;

    private const int LongestName = 256;

    /// <inheritdoc/>
    protected override void Check(SpawnProcessOperation operation, ref ShapeFailures failures) => CheckSpawn(operation, ref failures);

    /// <summary>The same, for operations that hold a spawn.</summary>
    /// <param name="spawn">The spawn.</param>
    /// <param name="failures">Where to add.</param>
    internal static void CheckSpawn(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        failures.RequireText(nameof(spawn.Program), spawn.Program, LongestPath);
        CheckArguments(spawn.Arguments, ref failures);
        CheckEnvironment(spawn.Environment, ref failures);
        if (spawn.WorkingDirectory is not null)
        {
            failures.RequireText(nameof(spawn.WorkingDirectory), spawn.WorkingDirectory, LongestPath);
        }

        CheckPlacement(spawn, ref failures);
        CheckStreams(spawn, ref failures);
        CheckLifetime(spawn, ref failures);
        failures.RequireStopSequence(nameof(spawn.StopSequence), spawn.StopSequence);
        CheckPrivileges(spawn, ref failures);
    }

    private static void CheckArguments(ValueList<Argument> arguments, ref ShapeFailures failures)
    {
        for (var index = 0; index < arguments.Count; index++)
        {
            if (ShapeFailures.CharacterFlaw(arguments[index].Value) is { } flaw)
            {
                failures.Add(nameof(SpawnProcessOperation.Arguments), index, flaw);
            }
        }
    }

    private static void CheckPlacement(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        var group = spawn.ProcessGroup;
        failures.RequireDefined($"{nameof(spawn.ProcessGroup)}.{nameof(group.Placement)}", group.Placement);
        var joins = group.Placement == ProcessGroupPlacement.JoinGroup;
        if (joins)
        {
            failures.RequireGroup($"{nameof(spawn.ProcessGroup)}.{nameof(group.Target)}", group.Target);
            if (group.Target is { Pgid: 1 })
            {
                failures.Add($"{nameof(spawn.ProcessGroup)}.{nameof(group.Target)}", "is group 1, which nobody can join");
            }
        }
        else if (group.Target is not null)
        {
            failures.Add($"{nameof(spawn.ProcessGroup)}.{nameof(group.Target)}", "is for JoinGroup only");
        }

        if (spawn.DetachFromTerminal && joins)
        {
            failures.Add(
                nameof(spawn.DetachFromTerminal),
                "can't be had with JoinGroup: a new session has a new group, and a group lies within one session"
            );
        }

        if (spawn.ForegroundTerminal)
        {
            CheckForeground(spawn, ref failures);
        }
    }

    private static void CheckForeground(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        if (spawn.ProcessGroup.Placement != ProcessGroupPlacement.NewGroup)
        {
            failures.Add(nameof(spawn.ForegroundTerminal), "needs NewGroup: it is a group of its own that gets the terminal");
        }

        if (spawn.StandardInput != StandardInputKind.Inherit)
        {
            failures.Add(nameof(spawn.ForegroundTerminal), "needs standard input to be inherited: that is the terminal");
        }

        if (spawn.DetachFromTerminal || spawn.Lifetime == ProcessLifetime.Detached)
        {
            failures.Add(nameof(spawn.ForegroundTerminal), "can't be had by what is detached: another session has no part in the terminal");
        }
    }

    private static void CheckLifetime(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        failures.RequireDefined(nameof(spawn.Lifetime), spawn.Lifetime);
        if (spawn.TimeLimit is { } limit && (limit <= TimeSpan.Zero || limit > SpawnProcessOperation.LongestTimeLimit))
        {
            failures.Add(nameof(spawn.TimeLimit), "has to be more than no time and at most 365 days");
        }

        if (spawn.Lifetime != ProcessLifetime.Detached)
        {
            return;
        }

        // What lives longer than its host can't have the host at the other end of anything.
        if (spawn.StandardInput is StandardInputKind.Pipe or StandardInputKind.Terminal)
        {
            var what = spawn.StandardInput == StandardInputKind.Pipe ? "pipe" : "terminal";
            failures.Add(nameof(spawn.StandardInput), $"can't be a {what} of what is Detached");
        }

        CheckDetached(nameof(spawn.StandardOutput), spawn.StandardOutput, ref failures);
        CheckDetached(nameof(spawn.StandardError), spawn.StandardError, ref failures);

        if (spawn.TimeLimit is not null)
        {
            failures.Add(nameof(spawn.TimeLimit), "can't be kept for what is Detached: its host may be gone by then");
        }

        if (spawn.ProcessGroup.Placement == ProcessGroupPlacement.JoinGroup)
        {
            failures.Add(nameof(spawn.Lifetime), "can't be Detached with JoinGroup: what is Detached gets a session of its own");
        }
    }
}
