using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>
/// The best answer so far: the strictest; among equally strict ones that which drops the fewest variables; then the smallest id. So
/// neither the order of the rules nor the order in which they are found matters.
/// </summary>
internal ref struct Verdict
{
    private int _order;

    /// <summary>The answer; null while no rule has spoken.</summary>
    internal PolicyDecision? Decision { get; private set; }

    /// <summary>Asks each of them, the strictest first.</summary>
    internal void Consider(List<CompiledRule> rules, in PolicyRequest request)
    {
        foreach (var rule in rules)
        {
            if (Decision is { } best && rule.Rule.Effect == PolicyEffect.Allow && best.Effect > PolicyEffect.Allow)
            {
                return;
            }

            Consider(rule, request);
        }
    }

    /// <summary>Asks one.</summary>
    internal void Consider(CompiledRule rule, in PolicyRequest request)
    {
        if (Decision is { Effect: PolicyEffect.Deny } && rule.Order >= _order)
        {
            return;
        }

        if (rule.Answer(request) is { } answer && IsBetter(answer, rule.Order))
        {
            Decision = answer;
            _order = rule.Order;
        }
    }

    private readonly bool IsBetter(PolicyDecision answer, int order) =>
        Decision is not { } best
        || (
            answer.Effect != best.Effect ? answer.Effect > best.Effect
            : answer.DropVariables.Count != best.DropVariables.Count ? answer.DropVariables.Count < best.DropVariables.Count
            : order < _order
        );
}
