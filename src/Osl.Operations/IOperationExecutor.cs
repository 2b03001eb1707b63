namespace Osl.Operations;

/// <summary>Carries out operations: validated, judged, recorded. What callers, supervision and other hosts hold.</summary>
public interface IOperationExecutor
{
    /// <summary>Carries out one operation.</summary>
    /// <param name="operation">What to do.</param>
    /// <param name="context">Who asks, and why.</param>
    /// <param name="cancellationToken">
    /// Until something has happened, cancels the operation. A spawn can be cancelled until its program runs; a run is ended by its
    /// stop sequence; an operation that stops something sends nothing more and reports who is still alive.
    /// </param>
    /// <typeparam name="TResult">What it answers.</typeparam>
    /// <returns>The result, or one of the closed set of errors.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled, and nothing is left running that it does not know of.</exception>
    /// <exception cref="ObjectDisposedException">The host has been disposed.</exception>
    ValueTask<OneOf<TResult, OperationError>> ExecuteAsync<TResult>(
        IOperation<TResult> operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
        where TResult : ExecutionResult;
}
