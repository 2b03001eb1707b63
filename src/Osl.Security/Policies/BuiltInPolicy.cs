using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>
/// What holds without a policy file: a caller may start programs as the host's own account and control what was started for it.
/// Foreign targets and whatever requires elevation are denied, for root too.
/// </summary>
public sealed class BuiltInPolicy : IPolicy
{
    private static readonly ValueList<PolicyAction> Controls = [ProcessActions.Signal, ProcessActions.Inspect, ProcessActions.Attach];

    private readonly ValueList<PolicyAction> _allowed;

    /// <summary>The policy for a host whose PATH is given.</summary>
    /// <param name="path">
    /// The value of PATH. Its absolute entries are where bare program names are looked for; relative and empty ones, which stand
    /// for the current directory, are left out.
    /// </param>
    public BuiltInPolicy(string? path)
        : this([.. (path ?? "").Split(Path.PathSeparator).Where(Path.IsPathFullyQualified).Distinct(StringComparer.Ordinal)], allowed: [])
    { }

    private BuiltInPolicy(IReadOnlyList<string> securePath, ValueList<PolicyAction> allowed)
    {
        SecurePath = securePath;
        _allowed = allowed;
    }

    /// <inheritdoc/>
    public string Hash => _allowed.Count == 0 ? "builtin-1" : $"builtin-1+{string.Join('+', _allowed)}";

    /// <inheritdoc/>
    public IReadOnlyList<string> SecurePath { get; }

    /// <summary>The same policy, which also allows one custom action to everybody.</summary>
    /// <param name="action">The action a custom operation names; not one of <see cref="ProcessActions"/>.</param>
    /// <exception cref="ArgumentException">It is an action of the processes: those are not opened by hand.</exception>
    public BuiltInPolicy Allowing(PolicyAction action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return IsProcessAction(action)
            ? throw new ArgumentException($"{action} is judged by its facts and can't be allowed as a whole.", nameof(action))
            : new BuiltInPolicy(SecurePath, _allowed.Add(action));
    }

    /// <inheritdoc/>
    public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts)
    {
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(facts);
        if (!IsProcessAction(action))
        {
            return _allowed.Contains(action)
                ? Allow("builtin:custom-action", "the host allows this action")
                : Deny("builtin:default", $"no rule allows {action}", NoFiles);
        }

        if (facts.Target is { Relation: TargetRelation.Foreign or TargetRelation.OtherPrincipal } target)
        {
            return Deny(
                "builtin:foreign-target",
                target.Relation == TargetRelation.Foreign
                    ? $"{Name(target)} was not started through Osl"
                    : $"{Name(target)} was started for another principal",
                ForeignTarget
            );
        }

        // What is not known counts as foreign: a custom operation that names these actions brings no facts of its own accord.
        if (action == ProcessActions.Start ? facts.Executable is null : facts.Target is null)
        {
            return Deny("builtin:unknown-target", $"the operation does not say what {action} is about", "Give the facts in prepare.");
        }

        if (facts.RequiresElevation)
        {
            return Deny("builtin:elevation", $"it requires elevation: {facts.ElevationReason}", NoFiles);
        }

        return action == ProcessActions.Start ? Allow("builtin:start-as-self", "a caller may start programs as the host's own account")
            : Controls.Contains(action) ? Allow("builtin:control-own", "a caller may control what was started for it")
            : Deny("builtin:default", $"no rule allows {action}", NoFiles);
    }

    /// <inheritdoc/>
    public bool MayEver(Principal principal, PolicyAction action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return action == ProcessActions.Start || Controls.Contains(action) || _allowed.Contains(action);
    }

    private const string NoFiles =
        "The built-in policy has no rules to add to, and --policy only makes it stricter: the system's policy file, or a host's own policy, could allow it.";

    private const string ForeignTarget =
        "The built-in policy can't: the system's policy file, or a host's own policy, could allow it by a rule with 'target: [foreign]' or 'target: [other-principal]', and 'elevated: true' for another account's processes.";

    private static bool IsProcessAction(PolicyAction action) => action.Name.StartsWith("process.", StringComparison.Ordinal);

    private static string Name(TargetFacts target) => $"{(target.IsGroup ? "group" : "process")} {target.Id}";

    private static PolicyDecision Allow(string rule, string because) => new(PolicyEffect.Allow, rule, because);

    private static PolicyDecision Deny(string rule, string because, string whatWouldAllow) =>
        new(PolicyEffect.Deny, rule, because + ".") { WhatWouldAllow = whatWouldAllow };
}
