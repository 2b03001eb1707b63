using System.Collections.Concurrent;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Hosting.Managing;

/// <summary>Writes down what a manager starts, before and after. A start that can't be written down is not done.</summary>
internal sealed class RememberingExecutor(IOperationExecutor inner, ManagerMemory memory) : IOperationExecutor
{
    /// <summary>Whose start an operation is: by the very object, since two names may start the same.</summary>
    private readonly ConcurrentDictionary<SpawnProcessOperation, string> _names = new(ReferenceEqualityComparer.Instance);

    internal void Name(SpawnProcessOperation spawn, string name) => _names[spawn] = name;

    public async ValueTask<OneOf<TResult, OperationError>> ExecuteAsync<TResult>(
        IOperation<TResult> operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
        where TResult : ExecutionResult
    {
        if (operation is not SpawnProcessOperation spawn || !_names.TryGetValue(spawn, out var name))
        {
            return await inner.ExecuteAsync(operation, context, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            memory.Set(new Remembered(name, null, null));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ManagerMemory.NotWritten($"The start of '{name}'", e);
        }

        OneOf<TResult, OperationError> outcome;
        try
        {
            outcome = await inner.ExecuteAsync(operation, context, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What is cancelled has not been started, or was ended before its program ran.
            Write(() => memory.Forget(name, null));
            throw;
        }
        catch
        {
            Write(() => memory.SetApart(name, null));
            throw;
        }

        Write(() =>
            outcome.Switch(
                result => memory.Set(Of(name, (SpawnProcessResult)(object)result)),
                error =>
                {
                    if (error.Effect == OperationEffect.None)
                    {
                        memory.Forget(name, null);
                    }
                    else
                    {
                        memory.SetApart(name, null);
                    }
                }
            )
        );
        return outcome;
    }

    /// <summary>What can't be written stands there as being started: the next manager looks for it in the registry.</summary>
    private static void Write(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    internal static Remembered Of(string name, SpawnProcessResult started) =>
        new(name, started.Process, started.Group is { } group && group.Leader == started.Process ? group : null);
}
