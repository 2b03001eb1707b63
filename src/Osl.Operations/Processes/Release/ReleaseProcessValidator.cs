namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="ReleaseProcessOperation"/>.</summary>
internal sealed class ReleaseProcessValidator : ShapeValidator<ReleaseProcessOperation>
{
    /// <inheritdoc/>
    protected override void Check(ReleaseProcessOperation operation, ref ShapeFailures failures)
    {
        failures.RequireProcess(nameof(operation.Target), operation.Target);
        failures.RequireGroupBeside(nameof(operation.Group), operation.Group, operation.TargetGroup, operation.Target);
    }
}
