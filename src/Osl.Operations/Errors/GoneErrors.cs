namespace Osl.Operations;

/// <summary>What a failure to end somebody says of whether he is there.</summary>
internal static class GoneErrors
{
    /// <summary>Nobody is there, or somebody else has the number by now: for who wanted an end, that is what was wanted.</summary>
    internal static bool IsGone(this OperationError error) => error is NotFound or StaleProcess;
}
