using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>Sends one signal.</summary>
internal sealed class ProcessSignalHandler(HandlerServices services) : IOperationHandler<ProcessSignalOperation, ProcessSignalResult>
{
    public ValueTask<OneOf<Prepared<ProcessSignalResult>, OperationError>> PrepareAsync(
        ProcessSignalOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(Prepare(operation, preparation.Context));

    private OneOf<Prepared<ProcessSignalResult>, OperationError> Prepare(ProcessSignalOperation operation, OperationContext context)
    {
        if (operation.TargetGroup)
        {
            return services.HoldGroup(new GroupTarget(operation.Target.Pid, operation.Group)).TryPickT0(out var group, out var noGroup)
                ? new PreparedGroupSignal(Targets.FactsOf(group, context), group, operation.Signal)
                : noGroup;
        }

        if (!services.HoldProcess(operation.Target).TryPickT0(out var process, out var noProcess))
        {
            return noProcess;
        }

        var facts = services.FactsOf(process, context);
        if (Targets.WhyGone(process) is { } gone)
        {
            process.Dispose();
            return gone;
        }

        return new PreparedProcessSignal(facts, process, operation.Signal);
    }
}

internal sealed class PreparedProcessSignal(OperationFacts facts, ProcessLease target, Signal signal) : Prepared<ProcessSignalResult>(facts)
{
    public override ValueTask<OneOf<ProcessSignalResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        var affected = target.Read() is { IsAlive: true } ? 1 : 0;
        return ValueTask.FromResult<OneOf<ProcessSignalResult, OperationError>>(
            target.Signal(signal) is { } refused ? refused : new ProcessSignalResult(target.Process.Pid, IsGroup: false, affected)
        );
    }

    protected override void Dispose(bool disposing)
    {
        target.Dispose();
        base.Dispose(disposing);
    }
}

internal sealed class PreparedGroupSignal(OperationFacts facts, GroupLease target, Signal signal) : Prepared<ProcessSignalResult>(facts)
{
    public override ValueTask<OneOf<ProcessSignalResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        var affected = target.Living().Count;
        return ValueTask.FromResult<OneOf<ProcessSignalResult, OperationError>>(
            target.Signal(signal) is { } refused ? refused : new ProcessSignalResult(target.Group.Id, IsGroup: true, affected)
        );
    }

    protected override void Dispose(bool disposing)
    {
        target.Dispose();
        base.Dispose(disposing);
    }
}
