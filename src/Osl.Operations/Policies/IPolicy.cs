using Osl.Operations.Facts;

namespace Osl.Operations.Policies;

/// <summary>Judges operations. Pure: no I/O, no clock, the same answer to the same question.</summary>
public interface IPolicy
{
    /// <summary>Names the policy's content (SHA-256 in hexadecimal, or <c>builtin-1</c>); kept with each decision.</summary>
    string Hash { get; }

    /// <summary>Where a bare program name is looked for, in order; absolute paths.</summary>
    IReadOnlyList<string> SecurePath { get; }

    /// <summary>May this be done? An exception counts as a denial.</summary>
    /// <param name="action">What kind of thing it is. An operation with several actions is asked about each; the strictest answer wins.</param>
    /// <param name="operation">What is asked for.</param>
    /// <param name="context">Who asks.</param>
    /// <param name="facts">What was found out about it.</param>
    PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts);

    /// <summary>
    /// Whether some rule could ever allow this principal such an action. If not, it learns nothing of what exists, not even from
    /// an error.
    /// </summary>
    /// <param name="principal">Who asks.</param>
    /// <param name="action">What kind of thing it is.</param>
    bool MayEver(Principal principal, PolicyAction action);

    /// <summary>Whether some rule speaks of the digest of a program, so that prepare has to take it (<see cref="ExecutableFacts.Sha256"/>).</summary>
    /// <param name="canonicalPath">The real path of the program.</param>
    bool WantsDigest(string canonicalPath) => false;
}
