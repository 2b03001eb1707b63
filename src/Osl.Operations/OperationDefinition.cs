namespace Osl.Operations;

/// <summary>One registration: a kind of operation together with how it is done.</summary>
public abstract record OperationDefinition
{
    private protected OperationDefinition() { }

    /// <summary>What is known of the kind.</summary>
    public abstract OperationKind KindInfo { get; }
}

/// <summary>A registration, seen from the side of the answer: what the pipeline dispatches through, without reflection.</summary>
/// <typeparam name="TResult">What it answers.</typeparam>
public abstract record OperationDefinition<TResult> : OperationDefinition
    where TResult : ExecutionResult
{
    private protected OperationDefinition() { }

    internal abstract ValueTask<OneOf<Prepared<TResult>, OperationError>> PrepareAsync(
        IOperation<TResult> operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    );
}

/// <summary>One registration: a kind of operation together with how it is done.</summary>
/// <param name="Kind">What is known of the kind.</param>
/// <param name="Handler">How it is done.</param>
/// <typeparam name="TOperation">The record.</typeparam>
/// <typeparam name="TResult">What it answers.</typeparam>
public sealed record OperationDefinition<TOperation, TResult>(
    OperationKind<TOperation> Kind,
    IOperationHandler<TOperation, TResult> Handler
) : OperationDefinition<TResult>
    where TOperation : class, IOperation<TResult>
    where TResult : ExecutionResult
{
    /// <inheritdoc/>
    public override OperationKind KindInfo => Kind;

    internal override ValueTask<OneOf<Prepared<TResult>, OperationError>> PrepareAsync(
        IOperation<TResult> operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) => Handler.PrepareAsync((TOperation)operation, preparation, cancellationToken);
}
