namespace Osl.Operations;

/// <summary>Whether a failed operation changed anything. Only <see cref="None"/> may be retried.</summary>
public enum OperationEffect
{
    /// <summary>Nothing was started, signalled or changed.</summary>
    None,

    /// <summary>Something happened, though not all that was asked for.</summary>
    Happened,

    /// <summary>It can't be told; ask with a query before doing it again.</summary>
    Unknown,
}
