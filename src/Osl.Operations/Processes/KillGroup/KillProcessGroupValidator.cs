namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="KillProcessGroupOperation"/>.</summary>
internal sealed class KillProcessGroupValidator : ShapeValidator<KillProcessGroupOperation>
{
    /// <inheritdoc/>
    protected override void Check(KillProcessGroupOperation operation, ref ShapeFailures failures)
    {
        failures.RequireGroup(nameof(operation.Target), operation.Target);
        failures.RequireStopSequence(nameof(operation.StopSequence), operation.StopSequence);
    }
}
