using Osl.Operations;
using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>Writes a policy in C#. The same policy as the file that says the same.</summary>
/// <example><code>
/// new PolicyBuilder()
///     .Allow("git-readonly", r =&gt; r with { Actions = ["process.start"], Executable = …, Arguments = … })
///     .Build()
/// </code></example>
public sealed class PolicyBuilder
{
    private readonly List<PolicyRule> _rules = [];
    private ValueList<string> _securePath;
    private PolicyDefault _default;

    /// <summary>Adds a rule that allows.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="with">The rest of it.</param>
    public PolicyBuilder Allow(string id, Func<PolicyRule, PolicyRule> with) => Add(id, PolicyEffect.Allow, with);

    /// <summary>Adds a rule that requires an approval.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="with">The rest of it.</param>
    public PolicyBuilder RequireApproval(string id, Func<PolicyRule, PolicyRule> with) => Add(id, PolicyEffect.RequireApproval, with);

    /// <summary>Adds a rule that denies.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="with">The rest of it.</param>
    public PolicyBuilder Deny(string id, Func<PolicyRule, PolicyRule> with) => Add(id, PolicyEffect.Deny, with);

    /// <summary>Where bare names are looked for.</summary>
    /// <param name="directories">Absolute, in order.</param>
    public PolicyBuilder WithSecurePath(params ReadOnlySpan<string> directories)
    {
        _securePath = ValueList.Create(directories);
        return this;
    }

    /// <summary>As an added layer, leaves to the others what no rule here speaks of.</summary>
    public PolicyBuilder Deferring()
    {
        _default = PolicyDefault.Defer;
        return this;
    }

    /// <summary>What was written so far, not yet checked.</summary>
    public PolicyDocument Build() =>
        new()
        {
            SecurePath = _securePath,
            Default = _default,
            Rules = _rules.ToValueList(),
        };

    /// <summary>What was written so far, checked.</summary>
    public OneOf<CompiledPolicy, PolicyRefusal> Compile() => CompiledPolicy.Compile(Build());

    private PolicyBuilder Add(string id, PolicyEffect effect, Func<PolicyRule, PolicyRule> with)
    {
        ArgumentNullException.ThrowIfNull(with);
        _rules.Add(with(new PolicyRule(id, effect)));
        return this;
    }
}
