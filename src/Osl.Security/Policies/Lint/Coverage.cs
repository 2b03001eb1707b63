using Osl.Operations;
using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>Whether one rule speaks wherever another does. Only what is certain: "no" may also mean "not known".</summary>
internal static class Coverage
{
    /// <summary>Whether <paramref name="other"/> makes <paramref name="rule"/> pointless.</summary>
    internal static bool Shadows(PolicyRule other, PolicyRule rule)
    {
        if (other.Effect < rule.Effect || !Selects(other, rule))
        {
            return false;
        }

        if (other.Effect == PolicyEffect.Deny)
        {
            // Of two denials that cover each other one is pointless: the one whose id comes later, so that both are never named.
            return rule.Effect != PolicyEffect.Deny || !Selects(rule, other) || string.CompareOrdinal(other.Id, rule.Id) < 0;
        }

        // What a permission leaves to its restrictions has to be the same, or certainly wider.
        var isWider =
            other.Limits is null
            && other.Containment == default
            && other.Sandbox is null
            && other.Require is null
            && (other.Environment is { Any: true, Has.Count: 0 } || other.Environment == rule.Environment);
        var isSame =
            other.Limits == rule.Limits
            && other.Containment == rule.Containment
            && other.Sandbox == rule.Sandbox
            && other.Require == rule.Require
            && other.Environment == rule.Environment;
        var comesFirst = !isSame || !Selects(rule, other) || string.CompareOrdinal(other.Id, rule.Id) < 0;
        return rule.Effect == PolicyEffect.RequireApproval
            // Where its restrictions fail it denies: the other has to fail with it.
            ? isSame && HasSameDefaults(other, rule) && comesFirst
            // Where the restrictions of one that requires an approval fail it denies: it speaks either way.
            : other.Effect == PolicyEffect.RequireApproval || ((isSame || isWider) && comesFirst);
    }

    /// <summary>What is restricted where a rule does not state it.</summary>
    private static bool HasSameDefaults(PolicyRule other, PolicyRule rule) =>
        other.Elevated == rule.Elevated && other.Paths is null == rule.Paths is null;

    private static bool Selects(PolicyRule other, PolicyRule rule) =>
        Lists(other.Principals, rule.Principals)
        && rule.Actions.All(action =>
            other.Actions.Any(entry =>
                entry.EndsWith('*')
                    ? action.StartsWith(entry[..^1], StringComparison.Ordinal)
                    : string.Equals(entry, action, StringComparison.Ordinal)
            )
        )
        && Executables(other, rule)
        && (other.Arguments is null or { Any: true } || other.Arguments == rule.Arguments)
        && Paths(other.WorkingDirectory, rule.WorkingDirectory)
        && (other.Environment is null or { Has.Count: 0 } || other.Environment == rule.Environment)
        && (other.RunAs is null ? !other.IsPermit || rule.RunAs is null : other.RunAs == rule.RunAs)
        && Targets(other, rule)
        && (other.IsPermit ? other.Elevated || !rule.Elevated : !other.Elevated)
        && (
            other.Paths is null ? !other.IsPermit || rule.Paths is null
            : other.Paths is { Any: true } ? other.IsPermit
            : other.Paths == rule.Paths
        );

    // What the rule speaks of by path, a denial speaks of too; a permission also minds the names.
    private static bool Executables(PolicyRule other, PolicyRule rule)
    {
        if (other.Executable is null or { Any: true } || other.Executable == rule.Executable)
        {
            return true;
        }

        var wide = other.Executable;
        var narrow = rule.Executable;
        return !other.IsPermit
            && rule.IsPermit
            && narrow is { Any: false, Under.Count: 0, Paths.Count: > 0 }
            && wide is { Names.Count: 0, Sha256: null }
            && narrow.Paths.All(path =>
                wide.Paths.Contains(path, PathSegments.Comparer)
                || wide.Under.Any(directory => path.Length > directory.Length && PathSegments.IsUnder(path, directory))
            );
    }

    private static bool Paths(PathCondition? other, PathCondition? rule) => other is null or { Any: true } || other == rule;

    private static bool Lists(ValueList<string> other, ValueList<string> rule) =>
        other.Count == 0 || (rule.Count > 0 && rule.All(entry => other.Contains(entry, StringComparer.Ordinal)));

    private static bool Targets(PolicyRule other, PolicyRule rule)
    {
        if (other.Target.Count == 0)
        {
            return !other.IsPermit || rule.Target.Count == 0;
        }

        return rule.Target.Count > 0 && rule.Target.All(target => other.Target.Contains(target));
    }
}
