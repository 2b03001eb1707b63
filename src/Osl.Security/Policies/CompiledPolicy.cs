using System.Globalization;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>A policy that was checked and made ready to decide. Immutable; any number of threads may ask at once.</summary>
public sealed class CompiledPolicy : IPolicy
{
    /// <summary>The rule that decides where none speaks.</summary>
    public const string DefaultRule = "policy:default";

    /// <summary>The rule that denies what can't be judged.</summary>
    public const string UnknownRule = "policy:unknown";

    private readonly RuleIndex _index;
    private readonly Lazy<Dictionary<string, int>> _lines;

    private CompiledPolicy(PolicyDocument document, RuleLocations locations, PatternTable patterns)
    {
        Patterns = patterns;
        Document = document;
        Locations = locations;
        Hash = CanonicalForm.Hash(document);
        SecurePath = document.SecurePath.Count > 0 ? [.. document.SecurePath] : SecurePaths.Default;
        var path = string.Join(Path.PathSeparator, SecurePath);
        Rules =
        [
            .. document
                .Rules.OrderBy(rule => rule.Id, StringComparer.Ordinal)
                .Select((rule, order) => new CompiledRule(rule, order, Hash, path, patterns)),
        ];
        _index = new RuleIndex(Rules);
        _lines = new Lazy<Dictionary<string, int>>(Lines);
        Silent = new PolicyDecision(PolicyEffect.Deny, DefaultRule, "no rule allows it.")
        {
            PolicyHash = Hash,
            WhatWouldAllow = "Add a rule that allows it; explain shows which rules come near.",
        };
    }

    /// <summary>What was compiled.</summary>
    public PolicyDocument Document { get; }

    /// <summary>SHA-256 of the canonical form, in lower-case hexadecimal: equal for files that say the same in another order.</summary>
    public string Hash { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> SecurePath { get; }

    internal RuleLocations Locations { get; }

    /// <summary>All that its rules have, compiled.</summary>
    internal PatternTable Patterns { get; }

    /// <summary>The answer where no rule speaks.</summary>
    internal PolicyDecision Silent { get; }

    /// <summary>Sorted by id.</summary>
    internal CompiledRule[] Rules { get; }

    /// <summary>Checks a policy and makes it ready.</summary>
    /// <param name="document">As built.</param>
    public static OneOf<CompiledPolicy, PolicyRefusal> Compile(PolicyDocument document) => Compile(document, RuleLocations.None);

    internal static OneOf<CompiledPolicy, PolicyRefusal> Compile(PolicyDocument document, RuleLocations locations)
    {
        ArgumentNullException.ThrowIfNull(document);
        var patterns = new PatternTable();
        var problems = PolicyValidator.Check(document, patterns);
        return problems.Count > 0
            ? new PolicyRefusal(problems.Select(locations.Locate).ToValueList())
            : new CompiledPolicy(document, locations, patterns);
    }

    /// <inheritdoc/>
    public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts) =>
        TryDecide(action, operation, context, facts) ?? Silent;

    /// <inheritdoc/>
    public bool MayEver(Principal principal, PolicyAction action)
    {
        ArgumentNullException.ThrowIfNull(principal);
        ArgumentNullException.ThrowIfNull(action);
        return Array.Exists(Rules, rule => rule.Rule.IsPermit && rule.HasAction(action.Name) && rule.HasPrincipal(principal));
    }

    /// <inheritdoc/>
    public bool WantsDigest(string canonicalPath) => Array.Exists(Rules, rule => rule.Rule.Executable?.Sha256 is not null);

    /// <summary>What the rules say; null when none speaks.</summary>
    internal PolicyDecision? TryDecide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts)
    {
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(facts);
        var request = new PolicyRequest(action, operation, context, facts);
        if (request.Unknown is { } unknown)
        {
            return Unjudged(unknown);
        }

        var verdict = new Verdict();
        _index.Visit(request, ref verdict);
        return verdict.Decision;
    }

    /// <summary>The line of a rule, by its id; 0 where there is no file.</summary>
    internal int LineOf(string id) => _lines.Value.GetValueOrDefault(id);

    private Dictionary<string, int> Lines()
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Document.Rules.Count; i++)
        {
            lines.Add(Document.Rules[i].Id, Locations.Find($"rules[{i.ToString(CultureInfo.InvariantCulture)}]").Line);
        }

        return lines;
    }

    internal PolicyDecision Unjudged(string why) =>
        new(PolicyEffect.Deny, UnknownRule, why + ".") { PolicyHash = Hash, WhatWouldAllow = "Give the facts in prepare." };
}
