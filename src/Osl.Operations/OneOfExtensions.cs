namespace Osl.Operations;

/// <summary>Turns the failure of an operation into an exception, for callers who prefer that.</summary>
public static class OneOfExtensions
{
    /// <summary>The result, or an <see cref="OperationException"/> that carries the error.</summary>
    /// <param name="outcome">What an operation returned.</param>
    /// <typeparam name="T">The result.</typeparam>
    /// <exception cref="OperationException">The operation failed.</exception>
    public static T OrThrow<T>(this OneOf<T, OperationError> outcome)
        where T : notnull => outcome.TryPickT0(out var value, out var error) ? value : throw new OperationException(error);

    /// <summary>Waits for the outcome, then gives the result or throws an <see cref="OperationException"/>.</summary>
    /// <param name="outcome">What an operation will return.</param>
    /// <typeparam name="T">The result.</typeparam>
    /// <exception cref="OperationException">The operation failed.</exception>
    public static async ValueTask<T> OrThrow<T>(this ValueTask<OneOf<T, OperationError>> outcome)
        where T : notnull => (await outcome.ConfigureAwait(false)).OrThrow();
}
