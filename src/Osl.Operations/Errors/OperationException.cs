namespace Osl.Operations;

/// <summary>Carries an <see cref="OperationError"/> for callers who asked for an exception (<see cref="OneOfExtensions"/>).</summary>
public sealed class OperationException : Exception
{
    /// <summary>Wraps an error.</summary>
    /// <param name="error">What went wrong.</param>
    public OperationException(OperationError error)
        : base($"{(error ?? throw new ArgumentNullException(nameof(error))).Message} {error.Remedy}")
    {
        Error = error;
    }

    /// <summary>What went wrong, and what to do about it.</summary>
    public OperationError Error { get; }
}
