namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="QueryProcessGroupOperation"/>.</summary>
internal sealed class QueryProcessGroupValidator : ShapeValidator<QueryProcessGroupOperation>
{
    /// <inheritdoc/>
    protected override void Check(QueryProcessGroupOperation operation, ref ShapeFailures failures) =>
        failures.RequireGroup(nameof(operation.Target), operation.Target);
}
