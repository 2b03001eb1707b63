using System.Collections.Frozen;
using Osl.Operations;

namespace Osl.Hosting.Pipeline;

/// <summary>Which handler does which operation. Closed when the host is made.</summary>
internal sealed class OperationCatalog
{
    private readonly FrozenDictionary<Type, OperationDefinition> _definitions;

    internal OperationCatalog(IEnumerable<OperationDefinition> definitions)
    {
        var all = definitions.ToArray();
        Kinds = [.. all.Select(definition => definition.KindInfo)];
        if (Kinds.GroupBy(kind => kind.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException(
                $"Two operations are registered as '{twice.Key}'. A kind's name is used once.",
                nameof(definitions)
            );
        }

        _definitions = all.ToFrozenDictionary(definition => definition.KindInfo.OperationClass);
    }

    /// <summary>Every kind that is registered.</summary>
    internal IReadOnlyList<OperationKind> Kinds { get; }

    /// <exception cref="InvalidOperationException">Nobody registered it: a mistake in the program.</exception>
    internal OperationDefinition<TResult> Find<TResult>(IOperation<TResult> operation)
        where TResult : ExecutionResult =>
        _definitions.TryGetValue(operation.GetType(), out var definition)
            ? (OperationDefinition<TResult>)definition
            : throw new InvalidOperationException(
                $"No handler is registered for {operation.GetType().Name}. Register its OperationDefinition when the host is made."
            );
}
