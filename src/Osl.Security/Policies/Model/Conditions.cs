using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>Which paths: compared segment by segment, so that <c>/srv/repos-old</c> is not below <c>/srv/repos</c>.</summary>
public sealed record PathCondition
{
    /// <summary>Any path.</summary>
    public static PathCondition Anything { get; } = new() { Any = true };

    /// <summary>Whether any path is meant; then nothing else is set.</summary>
    public bool Any { get; init; }

    /// <summary>Exactly one of these; absolute.</summary>
    public ValueList<string> Is { get; init; }

    /// <summary>One of these directories or below it; absolute.</summary>
    public ValueList<string> Under { get; init; }
}

/// <summary>
/// Which variables. Names are exact, or end in <c>*</c>. In a permitting rule: the safe names and <see cref="Allow"/>, less
/// <see cref="Deny"/>, are admitted; other inherited ones are dropped, other ones that are asked for make the rule not hold.
/// </summary>
public sealed record EnvironmentCondition
{
    /// <summary>Every variable.</summary>
    public static EnvironmentCondition Anything { get; } = new() { Any = true };

    /// <summary>Whether every variable is admitted; then nothing else is set but <see cref="Has"/>.</summary>
    public bool Any { get; init; }

    /// <summary>Admitted beside the safe names.</summary>
    public ValueList<string> Allow { get; init; }

    /// <summary>Not admitted, even when it is a safe name or allowed.</summary>
    public ValueList<string> Deny { get; init; }

    /// <summary>A selector: the operation asks for a variable of such a name. The only one that a denying rule can have.</summary>
    public ValueList<string> Has { get; init; }
}

/// <summary>As whom. Names, or numbers as texts: each stands for the account, however the operation names it.</summary>
public sealed record RunAsCondition
{
    /// <summary>One of these users. At least one.</summary>
    public ValueList<string> Users { get; init; }

    /// <summary>Groups that may be asked for beyond those that the user is a member of.</summary>
    public ValueList<string> Groups { get; init; }
}

/// <summary>Whose process or group an operation is about.</summary>
public enum RuleTarget
{
    /// <summary>A process started for this principal.</summary>
    OwnChild,

    /// <summary>A group made for this principal.</summary>
    OwnGroup,

    /// <summary>A process or group started through Osl for somebody else.</summary>
    OtherPrincipal,

    /// <summary>Not started by Osl but taken into its care.</summary>
    Attached,

    /// <summary>Nothing that Osl knows.</summary>
    Foreign,
}

/// <summary>
/// The sandbox in which a permitted start has to be. Of paths: once one kind is stated files have to be limited, and what the sandbox grants
/// of each kind has to be at or below one that is stated for it; of a kind that is not stated nothing may be granted.
/// </summary>
public sealed record SandboxCondition
{
    /// <summary>What it may let the child read at most; absolute.</summary>
    public ValueList<string> Read { get; init; }

    /// <summary>What it may let the child write at most; absolute.</summary>
    public ValueList<string> Write { get; init; }

    /// <summary>What it may let the child execute at most; absolute.</summary>
    public ValueList<string> Execute { get; init; }

    /// <summary>Classes of system calls that it has to refuse (<see cref="Operations.Processes.SystemCallClasses"/>).</summary>
    public ValueList<string> Refuse { get; init; }

    internal bool LimitsFiles => Read.Count > 0 || Write.Count > 0 || Execute.Count > 0;
}

/// <summary>What a permitted operation has to be. What is not set is not required.</summary>
public sealed record Requirement
{
    /// <summary>It makes a process group of its own.</summary>
    public bool NewProcessGroup { get; init; }

    /// <summary>It makes a session of its own.</summary>
    public bool NewSession { get; init; }

    /// <summary>It ends with its host.</summary>
    public bool Managed { get; init; }

    /// <summary>It can gain nothing by set-uid programs.</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>It is cut off from the network.</summary>
    public bool NoNetwork { get; init; }

    /// <summary>Whoever asks gives a reason.</summary>
    public bool Reason { get; init; }

    /// <summary>It has a time limit, no longer than this; whole milliseconds.</summary>
    public TimeSpan? MaxTimeout { get; init; }
}
