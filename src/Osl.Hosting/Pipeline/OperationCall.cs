using Osl.Hosting.Telemetry;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;

namespace Osl.Hosting.Pipeline;

/// <summary>One call on its way through the pipeline: what is known of it so far.</summary>
internal sealed class OperationCall<TResult>(
    OperationDefinition<TResult> definition,
    IOperation<TResult> operation,
    OperationContext context,
    OperationId id,
    DateTimeOffset startedAt,
    long startedTicks
)
    where TResult : ExecutionResult
{
    internal OperationDefinition<TResult> Definition { get; } = definition;

    internal OperationKind Kind => Definition.KindInfo;

    internal IOperation<TResult> Operation { get; } = operation;

    internal OperationContext Context { get; } = context;

    internal OperationId Id { get; } = id;

    internal DateTimeOffset StartedAt { get; } = startedAt;

    /// <summary>On the monotonic clock of the TimeProvider.</summary>
    internal long StartedTicks { get; } = startedTicks;

    /// <summary>What prepare found out; null before.</summary>
    internal OperationFacts? Facts { get; set; }

    /// <summary>What is told of it to who listens; null when nobody does.</summary>
    internal OperationSpan? Span { get; set; }

    /// <summary>What the policy decided; null before.</summary>
    internal PolicyDecision? Decision { get; set; }
}
