using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>
/// One rule. It speaks of an operation when every selector holds: principals, actions, executable, arguments, working directory,
/// <see cref="EnvironmentCondition.Has"/>, run-as, target, elevation, paths. What it permits is further bound by its restrictions:
/// the environment, limits, containment, sandbox and requirements (adr/0025-selectors-and-restrictions.md).
/// </summary>
/// <param name="Id">Its name, unique in the policy: letters, digits, <c>.</c>, <c>_</c>, <c>-</c>.</param>
/// <param name="Effect">What it says.</param>
public sealed record PolicyRule(string Id, PolicyEffect Effect)
{
    /// <summary>Who: names, and roles as <c>role:dev</c>; empty for everybody.</summary>
    public ValueList<string> Principals { get; init; }

    /// <summary>What: <c>process.start</c>, …; in rules that do not allow also <c>process.*</c> and <c>*</c>. At least one.</summary>
    public ValueList<string> Actions { get; init; }

    /// <summary>Which program. Has to be stated where a start is permitted.</summary>
    public ExecutableCondition? Executable { get; init; }

    /// <summary>Which arguments. Has to be stated where a start is permitted.</summary>
    public ArgumentPattern? Arguments { get; init; }

    /// <summary>In which directory; null for any.</summary>
    public PathCondition? WorkingDirectory { get; init; }

    /// <summary>With which variables; null admits the safe names (<see cref="SafeVariables"/>).</summary>
    public EnvironmentCondition? Environment { get; init; }

    /// <summary>As whom. Null permits the host's own account only; in a denying rule, anybody.</summary>
    public RunAsCondition? RunAs { get; init; }

    /// <summary>Whose process or group. Empty permits one's own only; in a denying rule, anybody's.</summary>
    public ValueList<RuleTarget> Target { get; init; }

    /// <summary>Permits what requires elevation, too (adr/0010-elevation.md); in a denying rule: speaks of nothing else.</summary>
    public bool Elevated { get; init; }

    /// <summary>Which files of a custom operation. Null permits an operation that touches none; in a denying rule, any.</summary>
    public PathCondition? Paths { get; init; }

    /// <summary>What the operation may ask for at most; what is set here it has to ask for.</summary>
    public ResourceLimits? Limits { get; init; }

    /// <summary>How strongly it has to be contained at least.</summary>
    public Containment Containment { get; init; }

    /// <summary>The sandbox in which it has to be; null for in none or any.</summary>
    public SandboxCondition? Sandbox { get; init; }

    /// <summary>What else the operation has to be.</summary>
    public Requirement? Require { get; init; }

    /// <summary>Why the rule is there; shown with its decisions.</summary>
    public string? Because { get; init; }

    /// <summary>Command lines, program first, that its executable and arguments must match, else the policy does not load.</summary>
    public ValueList<ValueList<string>> Matches { get; init; }

    /// <summary>Command lines, program first, that they must not match.</summary>
    public ValueList<ValueList<string>> NotMatches { get; init; }

    /// <summary>Whether it can permit something: whether it allows or requires an approval.</summary>
    internal bool IsPermit => Effect != PolicyEffect.Deny;
}
