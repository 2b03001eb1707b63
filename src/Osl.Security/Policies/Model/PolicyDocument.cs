using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>What holds where no rule of a policy speaks.</summary>
public enum PolicyDefault
{
    /// <summary>It is denied.</summary>
    Deny,

    /// <summary>
    /// As an added layer: the other layers decide (adr/0024-policy-layers.md). Alone, or as the base of the layers: it is denied.
    /// </summary>
    Defer,
}

/// <summary>
/// A policy as somebody writes it, in a file or by <see cref="PolicyBuilder"/>: immutable, compares by value, not yet checked.
/// <see cref="CompiledPolicy.Compile(PolicyDocument)"/> checks it (knowledge/policy-format.md).
/// </summary>
public sealed record PolicyDocument
{
    /// <summary>The version of the format that is written and read.</summary>
    public const int Version = 1;

    /// <summary>Where bare program names are looked for, in order; empty for <see cref="SecurePaths.Default"/>.</summary>
    public ValueList<string> SecurePath { get; init; }

    /// <summary>What holds where no rule speaks.</summary>
    public PolicyDefault Default { get; init; }

    /// <summary>The rules; their order means nothing.</summary>
    public ValueList<PolicyRule> Rules { get; init; }
}
