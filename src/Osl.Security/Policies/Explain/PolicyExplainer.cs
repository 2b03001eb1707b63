using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>Explains decisions. Asks every rule, without the index that decisions take: what both say is held together by a test.</summary>
public static class PolicyExplainer
{
    /// <summary>Why any policy decides so, layer by layer. Of one that is not made of rules only the decision is known.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="action">As in <see cref="IPolicy.Decide"/>.</param>
    /// <param name="operation">As in <see cref="IPolicy.Decide"/>.</param>
    /// <param name="context">As in <see cref="IPolicy.Decide"/>.</param>
    /// <param name="facts">As in <see cref="IPolicy.Decide"/>.</param>
    public static LayeredExplanation ExplainLayers(
        IPolicy policy,
        PolicyAction action,
        IOperation operation,
        OperationContext context,
        OperationFacts facts
    )
    {
        ArgumentNullException.ThrowIfNull(policy);
        var held = policy is ReloadablePolicy reloadable ? reloadable.Current : policy;
        IReadOnlyList<IPolicy> layers = held is LayeredPolicy layered ? layered.Layers : [held];
        return new LayeredExplanation(held.Decide(action, operation, context, facts), held.Hash)
        {
            Layers = layers
                .Select(layer =>
                    layer is CompiledPolicy rules
                        ? rules.Explain(action, operation, context, facts)
                        : new PolicyExplanation(layer.Decide(action, operation, context, facts), layer.Hash)
                )
                .ToValueList(),
        };
    }

    /// <summary>Why it is decided so.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="action">As in <see cref="IPolicy.Decide"/>.</param>
    /// <param name="operation">As in <see cref="IPolicy.Decide"/>.</param>
    /// <param name="context">As in <see cref="IPolicy.Decide"/>.</param>
    /// <param name="facts">As in <see cref="IPolicy.Decide"/>.</param>
    public static PolicyExplanation Explain(
        this CompiledPolicy policy,
        PolicyAction action,
        IOperation operation,
        OperationContext context,
        OperationFacts facts
    )
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(facts);
        var request = new PolicyRequest(action, operation, context, facts);
        if (request.Unknown is { } unknown)
        {
            return new PolicyExplanation(policy.Unjudged(unknown), policy.Hash);
        }

        var verdict = new Verdict();
        List<RuleMatch> matched = [];
        List<NearMiss> missed = [];
        foreach (var rule in policy.Rules)
        {
            verdict.Consider(rule, request);
            var line = policy.LineOf(rule.Rule.Id);
            var failed = rule.FirstFailure(request, out var arguments);
            if (rule.Answer(request) is { } answer)
            {
                matched.Add(new RuleMatch(rule.Rule.Id, line, answer.Effect, answer.Because));
            }

            if (failed is not (RuleCondition.None or RuleCondition.Action))
            {
                var (condition, expected, found) = ConditionText.Describe(failed, rule, request);
                missed.Add(
                    new NearMiss(rule.Rule.Id, line, rule.Rule.Effect, condition, expected, found) { Reached = ((int)failed, arguments) }
                );
            }
        }

        return new PolicyExplanation(verdict.Decision ?? policy.Silent, policy.Hash)
        {
            Matched = matched.OrderByDescending(match => match.Effect).ThenBy(match => match.Rule, StringComparer.Ordinal).ToValueList(),
            NearMisses = missed
                .OrderByDescending(miss => miss.Reached)
                .ThenBy(miss => miss.Effect)
                .ThenBy(miss => miss.Rule, StringComparer.Ordinal)
                .ToValueList(),
        };
    }
}
