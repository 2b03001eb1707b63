namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="ProcessSignalOperation"/>.</summary>
internal sealed class ProcessSignalValidator : ShapeValidator<ProcessSignalOperation>
{
    /// <inheritdoc/>
    protected override void Check(ProcessSignalOperation operation, ref ShapeFailures failures)
    {
        failures.RequireProcess(nameof(operation.Target), operation.Target);
        failures.RequireSignal(nameof(operation.Signal), operation.Signal);
        if (operation.Group is not { } group)
        {
            return;
        }

        if (!operation.TargetGroup)
        {
            failures.Add(nameof(operation.Group), $"is given without {nameof(operation.TargetGroup)}");
        }

        if (operation.Target is { } target)
        {
            failures.RequireGroupReference(nameof(operation.Group), group, target.Pid);
        }
    }
}
