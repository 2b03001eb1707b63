using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>
/// Whether what a policy lets somebody start can be ended by him. Ending is a signal, an action of its own: a policy that speaks of starts
/// only denies it by its silence. Asked of the policy itself, so that denials, principals and requirements count as they do.
/// </summary>
internal sealed class Ending(CompiledPolicy policy)
{
    private readonly Dictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>The rules that let somebody start what he can't end, in the order of the file.</summary>
    internal PolicyRule[] Missing() =>
        // One that defers leaves what it does not speak of to the layers beside it.
        policy.Document.Default == PolicyDefault.Defer
            ? []
            :
            [
                .. policy.Document.Rules.Where(rule =>
                    rule.IsPermit
                    && rule.Actions.Contains(ProcessActions.Start.Name, StringComparer.Ordinal)
                    && !(rule.Principals.Count == 0 ? [""] : rule.Principals.AsEnumerable()).All(MayEnd)
                ),
            ];

    private bool MayEnd(string entry)
    {
        if (!_known.TryGetValue(entry, out var may))
        {
            _known.Add(entry, may = Ask(entry));
        }

        return may;
    }

    private bool Ask(string entry)
    {
        // Nobody of that name is in a policy by accident: names have no blanks at their ends.
        var principal = entry.StartsWith(CompiledRule.RolePrefix, StringComparison.Ordinal)
            ? new Principal(" somebody ") { Roles = [entry[CompiledRule.RolePrefix.Length..]] }
            : new Principal(entry.Length == 0 ? " somebody " : entry);
        var context = new OperationContext(principal, "lint");
        return new[] { RuleTarget.OwnGroup, RuleTarget.OwnChild }.Any(target =>
            policy
                .Decide(
                    ProcessActions.Signal,
                    target == RuleTarget.OwnGroup ? new KillProcessGroupOperation(2) : new KillProcessOperation(2),
                    context,
                    new OperationFacts { Target = target.ToFacts() }
                )
                .Effect != PolicyEffect.Deny
        );
    }
}
