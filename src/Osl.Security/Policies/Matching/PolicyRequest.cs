using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>What a policy is asked, with what every rule looks at taken out once.</summary>
internal readonly ref struct PolicyRequest
{
    internal PolicyRequest(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts)
    {
        Action = action.Name;
        Context = context;
        Facts = facts;
        Spawn = operation switch
        {
            SpawnProcessOperation spawn => spawn,
            RunProcessOperation run => run.Spawn,
            _ => null,
        };
        IsStart = string.Equals(Action, ProcessActions.Start.Name, StringComparison.Ordinal);
        HasNewSession =
            Spawn is { } s
            && (
                s.DetachFromTerminal
                || s.Lifetime == ProcessLifetime.Detached
                || s.Containment == Containment.Session
                // A terminal of its own belongs to a session of its own.
                || s.StandardOutput.Kind == StandardOutputKind.Terminal
            );
    }

    internal string Action { get; }

    internal OperationContext Context { get; }

    internal OperationFacts Facts { get; }

    internal SpawnProcessOperation? Spawn { get; }

    internal bool IsStart { get; }

    internal bool HasNewSession { get; }

    internal bool IsProcessAction => Action.StartsWith("process.", StringComparison.Ordinal);

    /// <summary>How strongly it is contained: what it asks for, or what its placement gives.</summary>
    internal Containment Containment
    {
        get
        {
            var placed =
                HasNewSession ? Containment.Session
                : Spawn?.ProcessGroup.Placement == ProcessGroupPlacement.NewGroup ? Containment.Group
                : Containment.None;
            return Spawn is { } spawn && spawn.Containment > placed ? spawn.Containment : placed;
        }
    }

    /// <summary>What is missing to judge it at all; null when nothing is. What can't be judged is denied.</summary>
    internal string? Unknown =>
        IsStart && Facts.Executable is null ? "the facts do not say which program is started"
        : IsStart && Spawn is null ? "the operation does not show the arguments of what it starts"
        : IsStart && !PathSegments.IsCanonical(Facts.Executable!.CanonicalPath) ? "the real path of the program is not canonical"
        : IsStart && Spawn!.RunAs is not null && Facts.RunAs is null ? "the facts do not say who the account is that it would run as"
        : IsStart && Spawn!.ProcessGroup.Placement == ProcessGroupPlacement.JoinGroup && Facts.Target is null
            ? "the facts do not say whose the group is that it would join"
        : !IsStart && IsProcessAction && Facts.Target is null ? "the facts do not say whose the target is"
        : null;

    /// <summary>Whether the operation itself sets a variable, rather than inheriting it.</summary>
    internal bool Asks(string name)
    {
        foreach (var variable in Spawn!.Environment.Set)
        {
            if (string.Equals(variable.Name, name, PathSegments.Comparison))
            {
                return true;
            }
        }

        return false;
    }
}
