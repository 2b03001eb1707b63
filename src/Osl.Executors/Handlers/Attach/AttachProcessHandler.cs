using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>Takes processes that run into care (adr/0042-attach-and-release.md).</summary>
internal sealed class AttachProcessHandler(HandlerServices services) : IOperationHandler<AttachProcessOperation, AttachProcessResult>
{
    public ValueTask<OneOf<Prepared<AttachProcessResult>, OperationError>> PrepareAsync(
        AttachProcessOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) =>
        ValueTask.FromResult<OneOf<Prepared<AttachProcessResult>, OperationError>>(
            services.HoldProcess(operation.Target).TryPickT0(out var lease, out var error)
                ? new PreparedAttach(services, services.FactsOf(lease, preparation.Context), lease, operation)
                : error
        );
}

internal sealed class PreparedAttach(HandlerServices services, OperationFacts facts, ProcessLease lease, AttachProcessOperation operation)
    : Prepared<AttachProcessResult>(facts)
{
    public override ValueTask<OneOf<AttachProcessResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Attach(scope));
    }

    protected override void Dispose(bool disposing)
    {
        lease.Dispose();
        base.Dispose(disposing);
    }

    private OneOf<AttachProcessResult, OperationError> Attach(OperationScope scope)
    {
        var held = services.Live.Of(lease.Process);
        if (operation.Lifetime == ProcessLifetime.Managed && held.FirstOrDefault(running => IsFor(running, scope)) is { } own)
        {
            return Result(own) with { WasHeld = true };
        }

        if (lease.Read() is not { IsAlive: true } state)
        {
            return Targets.Ended(lease);
        }

        var plan = new AttachPlan
        {
            Operation = scope.Id,
            Context = scope.Context,
            Process = lease,
            Pgid = state.Pgid,
            Program = lease.ProgramPath() ?? state.Name,
            Lifetime = operation.Lifetime,
        };
        if (services.Platform.Attach(plan).TryPickT1(out var error, out var attached))
        {
            return error;
        }

        if (held is [var child, ..])
        {
            // Our own child after all: how it ended is known then, as soon as that one's watcher has taken it.
            attached = attached with
            {
                Exited = WithStatusAsync(attached.Exited, child.Exited),
            };
        }

        var running = new RunningProcess(services, attached, scope, operation);
        running.Observe();
        return Result(running);
    }

    private static bool IsFor(RunningProcess running, OperationScope scope) =>
        running.Lifetime == ProcessLifetime.Managed
        && string.Equals(running.Principal.Name, scope.Context.Principal.Name, StringComparison.Ordinal);

    private static async Task<ProcessExit> WithStatusAsync(Task<ProcessExit> attached, Task<ProcessExit> child)
    {
        _ = await attached.ConfigureAwait(false);
        return await child.ConfigureAwait(false);
    }

    private static AttachProcessResult Result(RunningProcess running) =>
        new(running.Process, running.Pgid)
        {
            Group = running.Group,
            JobId = running.JobId,
            Live = running,
        };
}
