namespace Osl.Operations.Processes;

/// <summary>The shape of an <see cref="AttachProcessOperation"/>.</summary>
internal sealed class AttachProcessValidator : ShapeValidator<AttachProcessOperation>
{
    /// <inheritdoc/>
    protected override void Check(AttachProcessOperation operation, ref ShapeFailures failures)
    {
        failures.RequireProcess(nameof(operation.Target), operation.Target);
        failures.RequireDefined(nameof(operation.Lifetime), operation.Lifetime);
        failures.RequireStopSequence(nameof(operation.StopSequence), operation.StopSequence);
    }
}
