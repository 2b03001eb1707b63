namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="QueryProcessOperation"/>.</summary>
internal sealed class QueryProcessValidator : ShapeValidator<QueryProcessOperation>
{
    /// <inheritdoc/>
    protected override void Check(QueryProcessOperation operation, ref ShapeFailures failures) =>
        failures.RequireProcess(nameof(operation.Target), operation.Target);
}
