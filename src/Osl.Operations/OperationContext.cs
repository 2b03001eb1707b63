namespace Osl.Operations;

/// <summary>Who asks, and why. The same for every operation that a host does for the same request.</summary>
/// <param name="Principal">On whose behalf.</param>
/// <param name="Reason">Why, in the words of whoever asks; kept in the journal. Null when nobody said.</param>
public sealed record OperationContext(Principal Principal, string? Reason = null)
{
    /// <summary>The operation in whose course this one is done. Set for what a live view or a supervisor does on its own.</summary>
    public OperationId? Parent { get; init; }

    /// <summary>The account of the host itself, with no reason given.</summary>
    public static OperationContext Current { get; } = new(Principal.Current);
}
