namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="ProcessSignalOperation"/>.</summary>
internal sealed class ProcessSignalValidator : ShapeValidator<ProcessSignalOperation>
{
    /// <inheritdoc/>
    protected override void Check(ProcessSignalOperation operation, ref ShapeFailures failures)
    {
        failures.RequireProcess(nameof(operation.Target), operation.Target);
        failures.RequireSignal(nameof(operation.Signal), operation.Signal);
        failures.RequireGroupBeside(nameof(operation.Group), operation.Group, operation.TargetGroup, operation.Target);
    }
}
