namespace Osl.Operations;

/// <summary>A request, as policy, approver and journal see it: an immutable record that compares by value.</summary>
public interface IOperation;

/// <summary>A request that answers with <typeparamref name="TResult"/>.</summary>
/// <typeparam name="TResult">What it answers when it succeeds.</typeparam>
public interface IOperation<TResult> : IOperation
    where TResult : ExecutionResult;
