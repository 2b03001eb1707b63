using Osl.Security.Policies;

namespace Osl.Hosting;

/// <summary>A host can't be made as it was asked for: a mistake in its configuration, which the message names.</summary>
/// <param name="message">What is wrong: one sentence.</param>
/// <param name="remedy">What to do: one sentence.</param>
public sealed class OslConfigurationException(string message, string remedy) : Exception($"{message} {remedy}")
{
    /// <summary>What to do.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>Whether it is a policy that does not load.</summary>
    internal bool IsPolicy { get; private init; }

    /// <summary>A policy does not load, and must not be ignored (adr/0030-a-policy-that-is-there-holds.md).</summary>
    /// <param name="refusal">Why.</param>
    internal static OslConfigurationException Policy(PolicyRefusal refusal)
    {
        var more = refusal.Problems.Count - 1;
        return new(
            $"The policy does not load, and nothing is started, signalled or ended without it: {refusal.Problems[0]}{(more > 0 ? $" And {more} more." : "")}",
            "Mend the file ('osl policy check FILE' shows everything), or take it away where you may."
        )
        {
            IsPolicy = true,
        };
    }
}
