using System.Text.Json.Serialization;

namespace Osl.Operations.Policies;

/// <summary>What a policy says. Ordered by strictness.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<PolicyEffect>))]
public enum PolicyEffect
{
    /// <summary>It may be done.</summary>
    Allow,

    /// <summary>Somebody has to approve it first.</summary>
    RequireApproval,

    /// <summary>It may not be done.</summary>
    Deny,
}

/// <summary>What a policy decided, and by which rule.</summary>
/// <param name="Effect">Allow, require an approval, deny.</param>
/// <param name="Rule">The id of the rule that decided.</param>
/// <param name="Because">Why the rule says so; one sentence.</param>
public sealed record PolicyDecision(PolicyEffect Effect, string Rule, string Because)
{
    /// <summary>For a denial: what somebody who may change the policy could do.</summary>
    public string WhatWouldAllow { get; init; } = "Ask whoever keeps the policy for a rule that allows it.";

    /// <summary>Names of inherited variables that the child must not get. The handler drops them.</summary>
    public ValueList<string> DropVariables { get; init; }

    /// <summary>The PATH that the child gets instead of the one it would inherit; null for that one. The handler sets it.</summary>
    public string? ChildPath { get; init; }

    /// <summary>
    /// A script is started by its real path, the one that was judged, rather than by the path it was found at; its <c>$0</c> is that.
    /// Set where a rule names the program. Other programs run by their open file and need no path.
    /// </summary>
    public bool ByRealPath { get; init; }

    /// <summary>The hash of the policy that decided, where a policy can change while its host runs; null for <see cref="IPolicy.Hash"/>.</summary>
    public string? PolicyHash { get; init; }
}
