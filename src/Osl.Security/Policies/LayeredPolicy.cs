using System.Security.Cryptography;
using System.Text;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>
/// A base that always applies, and layers that only add to it: the strictest answer wins, and what the base does not allow, no layer
/// can (adr/0024-policy-layers.md).
/// </summary>
public sealed class LayeredPolicy : IPolicy
{
    private readonly IPolicy _base;
    private readonly IPolicy[] _added;

    /// <summary>Puts layers on a base.</summary>
    /// <param name="basePolicy">The system's policy, or the built-in one. Its silence denies, whatever its default says.</param>
    /// <param name="added">The others. One whose default is <c>defer</c> leaves what it does not speak of to the rest.</param>
    public LayeredPolicy(IPolicy basePolicy, params ReadOnlySpan<IPolicy> added)
    {
        ArgumentNullException.ThrowIfNull(basePolicy);
        _base = basePolicy;
        _added = [.. added];
        Hash = added.Length == 0 ? basePolicy.Hash : HashOf([basePolicy.Hash, .. _added.Select(layer => layer.Hash)]);
    }

    /// <summary>The base, then what was added to it.</summary>
    public IReadOnlyList<IPolicy> Layers => [_base, .. _added];

    /// <inheritdoc/>
    public string Hash { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> SecurePath => _base.SecurePath;

    /// <inheritdoc/>
    public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts)
    {
        var decision = _base.Decide(action, operation, context, facts);
        foreach (var layer in _added)
        {
            var answer = layer is CompiledPolicy { Document.Default: PolicyDefault.Defer } deferring
                ? deferring.TryDecide(action, operation, context, facts)
                : layer.Decide(action, operation, context, facts);
            decision = answer is null ? decision : Stricter(decision, answer);
        }

        return _added.Length == 0 ? decision : decision with { PolicyHash = Hash };
    }

    /// <inheritdoc/>
    public bool MayEver(Principal principal, PolicyAction action) =>
        _base.MayEver(principal, action)
        && Array.TrueForAll(
            _added,
            layer => layer is CompiledPolicy { Document.Default: PolicyDefault.Defer } || layer.MayEver(principal, action)
        );

    /// <inheritdoc/>
    public bool WantsDigest(string canonicalPath) =>
        _base.WantsDigest(canonicalPath) || Array.Exists(_added, layer => layer.WantsDigest(canonicalPath));

    // The strictest decides; what either of them drops is dropped. The base's PATH goes before a layer's.
    private static PolicyDecision Stricter(PolicyDecision first, PolicyDecision second)
    {
        var winner = second.Effect > first.Effect ? second : first;
        return winner.Effect == PolicyEffect.Deny
            ? winner
            : winner with
            {
                DropVariables = first
                    .DropVariables.Union(second.DropVariables, StringComparer.Ordinal)
                    .Order(StringComparer.Ordinal)
                    .ToValueList(),
                ChildPath = first.ChildPath ?? second.ChildPath,
                ByRealPath = first.ByRealPath || second.ByRealPath,
            };
    }

    private static string HashOf(IEnumerable<string> hashes) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', hashes))));
}
