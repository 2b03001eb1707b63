using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>The conditions of a rule, in the order in which they are looked at. Null stands for: all hold.</summary>
internal enum RuleCondition
{
    Action,
    Principal,
    Executable,
    ExecutableName,
    Digest,
    Trust,
    Arguments,
    WorkingDirectory,
    HasVariable,
    RunAs,
    Target,
    Elevation,
    Paths,

    // From here on: restrictions. A rule that requires an approval and fails one of these denies (adr/0025).
    Environment,
    Limits,
    Containment,
    Sandbox,
    Requirements,
    DefaultRunAs,
    DefaultTarget,
    DefaultElevation,
    DefaultPaths,

    /// <summary>Every one holds.</summary>
    None,
}

/// <summary>A rule made ready: its patterns compiled and its usual answers made once.</summary>
internal sealed partial class CompiledRule
{
    private readonly ArgumentMatcher? _arguments;
    private readonly AdmittedEnvironment _environment;

    internal CompiledRule(PolicyRule rule, int order, string hash, string childPath, PatternTable patterns)
    {
        Rule = rule;
        Order = order;
        _arguments = rule.Arguments is { } pattern ? new ArgumentMatcher(pattern, patterns) : null;
        var because = rule.Because ?? "the policy says so";
        Plain = new PolicyDecision(rule.Effect, rule.Id, rule.Effect == PolicyEffect.Deny ? because + "." : because)
        {
            PolicyHash = hash,
            ByRealPath = rule.IsPermit && rule.Executable is { Any: false },
        };
        Unmet = new PolicyDecision(PolicyEffect.Deny, rule.Id, "it needs an approval, and what the rule requires of it is missing.")
        {
            PolicyHash = hash,
            WhatWouldAllow = "Ask for what the rule requires; explain says what that is.",
        };
        _environment = new AdmittedEnvironment(rule.Environment, Plain, childPath);
    }

    internal PolicyRule Rule { get; }

    /// <summary>Its place by id: decides between rules that say the same.</summary>
    internal int Order { get; }

    /// <summary>Its answer where nothing has to be dropped.</summary>
    internal PolicyDecision Plain { get; }

    /// <summary>The answer of a rule that requires an approval and more than is there.</summary>
    internal PolicyDecision Unmet { get; }

    /// <summary>What it says of an operation; null when it does not speak of it.</summary>
    internal PolicyDecision? Answer(in PolicyRequest request)
    {
        var failed = FirstFailure(request, out _);
        return failed == RuleCondition.None ? (Rule.IsPermit && request.IsStart ? _environment.Decide(request) : Plain)
            : failed >= RuleCondition.Environment && Rule.Effect == PolicyEffect.RequireApproval ? Unmet
            : null;
    }

    /// <summary>The first condition that does not hold.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="detail">For the arguments: how many were matched.</param>
    internal RuleCondition FirstFailure(in PolicyRequest request, out int detail)
    {
        detail = 0;
        var failed =
            !HasAction(request.Action) ? RuleCondition.Action
            : !HasPrincipal(request.Context.Principal) ? RuleCondition.Principal
            : request.IsStart ? StartFailure(request, out detail)
            : RuleCondition.None;
        if (failed != RuleCondition.None)
        {
            return failed;
        }

        failed = SelectorFailure(request);
        return failed != RuleCondition.None || !Rule.IsPermit ? failed : RestrictionFailure(request);
    }

    internal string? FirstRefusedVariable(in PolicyRequest request) => _environment.FirstRefused(request);

    internal bool HasPrincipal(Principal principal)
    {
        if (Rule.Principals.Count == 0)
        {
            return true;
        }

        foreach (var entry in Rule.Principals)
        {
            if (entry.StartsWith(RolePrefix, StringComparison.Ordinal))
            {
                foreach (var role in principal.Roles)
                {
                    if (entry.AsSpan(RolePrefix.Length).SequenceEqual(role))
                    {
                        return true;
                    }
                }
            }
            else if (string.Equals(entry, principal.Name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    internal bool HasAction(string action)
    {
        foreach (var entry in Rule.Actions)
        {
            if (
                entry.EndsWith('*')
                    ? action.AsSpan().StartsWith(entry.AsSpan(0, entry.Length - 1))
                    : string.Equals(entry, action, StringComparison.Ordinal)
            )
            {
                return true;
            }
        }

        return false;
    }

    internal const string RolePrefix = "role:";

    private RuleCondition StartFailure(in PolicyRequest request, out int detail)
    {
        detail = 0;
        var executable = request.Facts.Executable!;
        if (Rule.Executable is { Any: false } condition)
        {
            var failed = Rule.IsPermit ? Permitted(condition, executable) : Denied(condition, executable);
            if (failed != RuleCondition.None)
            {
                return failed;
            }
        }

        if (_arguments is not null && !_arguments.IsMatch(request.Spawn!.Arguments.AsSpan(), out detail))
        {
            return RuleCondition.Arguments;
        }

        if (Rule.WorkingDirectory is { Any: false } directory)
        {
            // Not known: a permission does not hold, a prohibition does.
            var real = request.Facts.RealWorkingDirectory;
            if (real is null || !PathSegments.IsCanonical(real) ? Rule.IsPermit : !Holds(directory, real))
            {
                return RuleCondition.WorkingDirectory;
            }
        }

        return Rule.Environment is { Has.Count: > 0 } environment && !AsksForOneOf(environment.Has, request)
            ? RuleCondition.HasVariable
            : RuleCondition.None;
    }

    private static bool AsksForOneOf(ValueList<string> patterns, in PolicyRequest request)
    {
        foreach (var variable in request.Spawn!.Environment.Set)
        {
            if (NamePatterns.AnyMatches(patterns.AsSpan(), variable.Name))
            {
                return true;
            }
        }

        return false;
    }

    private static RuleCondition Permitted(ExecutableCondition condition, ExecutableFacts executable)
    {
        var real = executable.CanonicalPath;
        if ((condition.Paths.Count > 0 || condition.Under.Count > 0) && !IsAt(condition, real))
        {
            return RuleCondition.Executable;
        }

        // Called by its own name, or by one that the rule names: busybox called sh is a shell.
        var asked = PathSegments.LastName(executable.Requested);
        if (condition.Names.Count == 0 ? !asked.Equals(PathSegments.LastName(real), PathSegments.Comparison) : !IsNamed(condition, asked))
        {
            return RuleCondition.ExecutableName;
        }

        if (condition.Sha256 is { } digest && !string.Equals(digest, executable.Sha256, StringComparison.Ordinal))
        {
            return RuleCondition.Digest;
        }

        // A digest, and a script, are read again by path after they were judged: only where nobody else can write.
        return (condition.Sha256 is not null || executable.Interpreter is not null) && executable.IsTrusted != true
            ? RuleCondition.Trust
            : RuleCondition.None;
    }

    private static RuleCondition Denied(ExecutableCondition condition, ExecutableFacts executable)
    {
        if (
            (condition.Paths.Count > 0 || condition.Under.Count > 0)
            && !IsAt(condition, executable.CanonicalPath)
            && !IsAt(condition, executable.Path)
        )
        {
            return RuleCondition.Executable;
        }

        if (
            condition.Names.Count > 0
            && !IsNamed(condition, PathSegments.LastName(executable.Requested))
            && !IsNamed(condition, PathSegments.LastName(executable.Path))
            && !IsNamed(condition, PathSegments.LastName(executable.CanonicalPath))
        )
        {
            return RuleCondition.ExecutableName;
        }

        // A digest that was not taken could be the one that is denied.
        return condition.Sha256 is { } digest && executable.Sha256 is { } taken && !string.Equals(digest, taken, StringComparison.Ordinal)
            ? RuleCondition.Digest
            : RuleCondition.None;
    }

    private static bool IsAt(ExecutableCondition condition, string path)
    {
        foreach (var exact in condition.Paths)
        {
            if (PathSegments.AreEqual(path, exact))
            {
                return true;
            }
        }

        foreach (var directory in condition.Under)
        {
            if (path.Length > directory.Length && PathSegments.IsUnder(path, directory))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNamed(ExecutableCondition condition, ReadOnlySpan<char> name)
    {
        foreach (var known in condition.Names)
        {
            if (name.Equals(known, PathSegments.Comparison))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Holds(PathCondition condition, string path)
    {
        foreach (var exact in condition.Is)
        {
            if (PathSegments.AreEqual(path, exact))
            {
                return true;
            }
        }

        foreach (var directory in condition.Under)
        {
            if (PathSegments.IsUnder(path, directory))
            {
                return true;
            }
        }

        return false;
    }
}
