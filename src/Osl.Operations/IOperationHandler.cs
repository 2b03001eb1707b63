namespace Osl.Operations;

/// <summary>How an operation is done. Written by authors of operations, called by the pipeline only.</summary>
/// <typeparam name="TOperation">The operation.</typeparam>
/// <typeparam name="TResult">What it answers.</typeparam>
public interface IOperationHandler<in TOperation, TResult>
    where TOperation : IOperation<TResult>
    where TResult : ExecutionResult
{
    /// <summary>
    /// Finds out what the operation would touch, opens it, and changes nothing. What is kept open is what
    /// <see cref="Prepared{TResult}.ExecuteAsync"/> then uses, so that what was judged is what is acted on.
    /// </summary>
    /// <param name="operation">The operation; it has been validated.</param>
    /// <param name="preparation">The call, and where the policy lets programs be looked for.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    ValueTask<OneOf<Prepared<TResult>, OperationError>> PrepareAsync(
        TOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    );
}

/// <summary>What a handler knows while it prepares.</summary>
/// <param name="Id">The call.</param>
/// <param name="Context">Who asks, and why.</param>
/// <param name="SecurePath">The directories in which a bare program name is looked for, in order; absolute.</param>
public sealed record OperationPreparation(OperationId Id, OperationContext Context, IReadOnlyList<string> SecurePath)
{
    /// <summary>Whether the policy speaks of the digest of a program, given its real path (<see cref="Policies.IPolicy.WantsDigest"/>).</summary>
    public Func<string, bool> WantsDigest { get; init; } = static _ => false;
}

/// <summary>What a handler knows while it executes.</summary>
/// <param name="Id">The call.</param>
/// <param name="Context">Who asks, and why.</param>
/// <param name="Decision">What the policy decided; its obligations bind the handler.</param>
/// <param name="Executor">For operations done in the course of this one: they go through the pipeline too.</param>
public sealed record OperationScope(OperationId Id, OperationContext Context, Policies.PolicyDecision Decision, IOperationExecutor Executor)
{
    /// <summary>The context for operations that are done in the course of this one.</summary>
    public OperationContext ChildContext => Context with { Parent = Id };
}

/// <summary>An operation that has been looked into and not yet done. Holds what execution will use; disposing lets go of it.</summary>
/// <param name="facts">What was found out.</param>
/// <typeparam name="TResult">What it answers.</typeparam>
public abstract class Prepared<TResult>(Facts.OperationFacts facts) : IDisposable
    where TResult : ExecutionResult
{
    /// <summary>What was found out, for the policy and the journal.</summary>
    public Facts.OperationFacts Facts { get; } = facts;

    /// <summary>Does it. Called at most once with effect; called again only after an error without effect.</summary>
    /// <param name="scope">The call and the decision.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    public abstract ValueTask<OneOf<TResult, OperationError>> ExecuteAsync(OperationScope scope, CancellationToken cancellationToken);

    /// <summary>Lets go of what is held open.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what is held open.</summary>
    /// <param name="disposing">True: called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing) { }
}
