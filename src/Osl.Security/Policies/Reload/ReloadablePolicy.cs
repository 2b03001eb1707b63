using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>What came of reading a policy again; for the journal.</summary>
/// <param name="Before">The hash of the policy that held.</param>
/// <param name="After">The hash of the policy that holds now: the same when the new one was refused.</param>
/// <param name="Refusal">Why the new one was refused; null when it was not.</param>
public sealed record PolicyReload(string Before, string After, PolicyRefusal? Refusal)
{
    /// <summary>Whether another policy holds now.</summary>
    public bool Changed => !string.Equals(Before, After, StringComparison.Ordinal);
}

/// <summary>
/// A policy that can be read again while its host runs. The change is one exchange of a reference: a decision is made by the old
/// policy or by the new one, and says by which. What does not load leaves the last good one in place.
/// </summary>
public sealed class ReloadablePolicy : IPolicy
{
    private readonly Func<OneOf<IPolicy, PolicyRefusal>> _read;
    private readonly Lock _reloading = new();
    private Task _lastReload = Task.CompletedTask;
    private volatile IPolicy _current;

    private ReloadablePolicy(IPolicy current, Func<OneOf<IPolicy, PolicyRefusal>> read)
    {
        _current = current;
        _read = read;
    }

    /// <summary>The policy that holds now.</summary>
    public IPolicy Current => _current;

    /// <inheritdoc/>
    public string Hash => _current.Hash;

    /// <inheritdoc/>
    public IReadOnlyList<string> SecurePath => _current.SecurePath;

    /// <summary>Reads a policy for the first time. One that does not load is a refusal: there is no last good one yet.</summary>
    /// <param name="read">Reads it, now and at each reload: <see cref="PolicyFile.Load"/> of a path, or several in layers.</param>
    public static OneOf<ReloadablePolicy, PolicyRefusal> Create(Func<OneOf<IPolicy, PolicyRefusal>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return read().TryPickT0(out var policy, out var refusal) ? new ReloadablePolicy(policy, read) : refusal;
    }

    /// <summary>The same for one policy alone.</summary>
    /// <param name="read">Reads it.</param>
    public static OneOf<ReloadablePolicy, PolicyRefusal> Create(Func<OneOf<CompiledPolicy, PolicyRefusal>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return Create(() => read().Match(OneOf<IPolicy, PolicyRefusal>.FromT0, OneOf<IPolicy, PolicyRefusal>.FromT1));
    }

    /// <summary>Reads it again. One at a time; decisions do not wait.</summary>
    /// <param name="record">
    /// Told of what is about to be, before it is: writes it down, and answers whether the exchange may be made. One that may not be
    /// leaves the old policy in place.
    /// </param>
    public Task<PolicyReload> ReloadAsync(Func<PolicyReload, ValueTask<bool>> record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_reloading)
        {
            var reload = ReloadAfterAsync(_lastReload, record);
            _lastReload = reload;
            return reload;
        }
    }

    /// <inheritdoc/>
    public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts)
    {
        var policy = _current;
        var decision = policy.Decide(action, operation, context, facts);
        return decision.PolicyHash is null ? decision with { PolicyHash = policy.Hash } : decision;
    }

    /// <inheritdoc/>
    public bool MayEver(Principal principal, PolicyAction action) => _current.MayEver(principal, action);

    /// <inheritdoc/>
    public bool WantsDigest(string canonicalPath) => _current.WantsDigest(canonicalPath);

    private async Task<PolicyReload> ReloadAfterAsync(Task previous, Func<PolicyReload, ValueTask<bool>> record)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        var before = _current.Hash;
        if (_read().TryPickT1(out var refusal, out var policy))
        {
            var refused = new PolicyReload(before, before, refusal);
            _ = await record(refused).ConfigureAwait(false);
            return refused;
        }

        var reload = new PolicyReload(before, policy.Hash, null);
        if (!await record(reload).ConfigureAwait(false))
        {
            return reload with { After = before };
        }

        _current = policy;
        return reload;
    }
}
