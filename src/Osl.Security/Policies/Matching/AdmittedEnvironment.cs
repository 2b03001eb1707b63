using Osl.Operations;
using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>
/// What of an environment a permitting rule admits, and the decision with what is to be dropped. The last such decision is kept:
/// a host's environment is nearly always the same, and then nothing is allocated.
/// </summary>
internal sealed class AdmittedEnvironment(EnvironmentCondition? condition, PolicyDecision plain, string childPath)
{
    private readonly EnvironmentCondition _condition = condition ?? new EnvironmentCondition();
    private readonly bool _replacesPath =
        condition is not { Any: true } && !NamePatterns.AnyMatches((condition?.Allow ?? default).AsSpan(), "PATH");

    private Remembered? _last;

    /// <summary>Whether everything that the operation sets itself is admitted.</summary>
    internal bool Admits(in PolicyRequest request) => FirstRefused(request) is null;

    /// <summary>The first variable that the operation sets and that is not admitted.</summary>
    internal string? FirstRefused(in PolicyRequest request)
    {
        if (_condition.Any)
        {
            return null;
        }

        foreach (var variable in request.Spawn!.Environment.Set)
        {
            if (!IsAdmitted(variable.Name, SafeVariables.IsSafeAsked(variable.Name)))
            {
                return variable.Name;
            }
        }

        return null;
    }

    /// <summary>The decision, with the names to drop.</summary>
    internal PolicyDecision Decide(in PolicyRequest request)
    {
        if (_condition.Any)
        {
            return plain;
        }

        var names = request.Facts.EnvironmentNames;
        var last = Volatile.Read(ref _last);
        if (last is not null && last.Names.AsSpan().SequenceEqual(names.AsSpan()) && HasSameSettings(last, request))
        {
            return last.Decision;
        }

        List<string> dropped = [];
        var hasPath = false;
        foreach (var name in names)
        {
            if (request.Asks(name))
            {
                continue;
            }

            if (!IsAdmitted(name, SafeVariables.IsSafeInherited(name)))
            {
                dropped.Add(name);
            }
            else
            {
                hasPath |= string.Equals(name, "PATH", PathSegments.Comparison);
            }
        }

        var decision = plain with { DropVariables = dropped.ToValueList(), ChildPath = hasPath && _replacesPath ? childPath : null };
        Volatile.Write(ref _last, new Remembered(names, [.. request.Spawn!.Environment.Set.Select(variable => variable.Name)], decision));
        return decision;
    }

    private bool IsAdmitted(string name, bool isSafe) =>
        (isSafe || NamePatterns.AnyMatches(_condition.Allow.AsSpan(), name)) && !NamePatterns.AnyMatches(_condition.Deny.AsSpan(), name);

    private static bool HasSameSettings(Remembered last, in PolicyRequest request)
    {
        var set = request.Spawn!.Environment.Set;
        if (set.Count != last.Set.Length)
        {
            return false;
        }

        for (var i = 0; i < last.Set.Length; i++)
        {
            if (!string.Equals(set[i].Name, last.Set[i], StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Remembered(ValueList<string> Names, string[] Set, PolicyDecision Decision);
}
