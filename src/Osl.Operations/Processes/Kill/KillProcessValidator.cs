namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="KillProcessOperation"/>.</summary>
internal sealed class KillProcessValidator : ShapeValidator<KillProcessOperation>
{
    /// <inheritdoc/>
    protected override void Check(KillProcessOperation operation, ref ShapeFailures failures)
    {
        failures.RequireProcess(nameof(operation.Target), operation.Target);
        failures.RequireStopSequence(nameof(operation.StopSequence), operation.StopSequence);
    }
}
