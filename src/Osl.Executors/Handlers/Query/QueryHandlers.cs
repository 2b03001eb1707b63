using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>Asks about one process.</summary>
internal sealed class QueryProcessHandler(HandlerServices services) : IOperationHandler<QueryProcessOperation, QueryProcessResult>
{
    public ValueTask<OneOf<Prepared<QueryProcessResult>, OperationError>> PrepareAsync(
        QueryProcessOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) =>
        ValueTask.FromResult<OneOf<Prepared<QueryProcessResult>, OperationError>>(
            services.Platform.Hold(operation.Target).TryPickT0(out var lease, out var error)
                ? new PreparedProcessQuery(services.FactsOf(lease, preparation.Context), lease)
                : error
        );
}

internal sealed class PreparedProcessQuery(OperationFacts facts, ProcessLease lease) : Prepared<QueryProcessResult>(facts)
{
    public override ValueTask<OneOf<QueryProcessResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<OneOf<QueryProcessResult, OperationError>>(
            lease.Read() is { } state
                ? new QueryProcessResult(state)
                : new NotFound($"process {lease.Process.Pid}, which has ended meanwhile", "Look up what runs now (osl ps).")
                {
                    Thing = MissingThing.Process,
                }
        );
    }

    protected override void Dispose(bool disposing)
    {
        lease.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Asks about a group.</summary>
internal sealed class QueryProcessGroupHandler(HandlerServices services)
    : IOperationHandler<QueryProcessGroupOperation, QueryProcessGroupResult>
{
    public ValueTask<OneOf<Prepared<QueryProcessGroupResult>, OperationError>> PrepareAsync(
        QueryProcessGroupOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) =>
        ValueTask.FromResult<OneOf<Prepared<QueryProcessGroupResult>, OperationError>>(
            services.Platform.Hold(operation.Target).TryPickT0(out var lease, out var error)
                ? new PreparedGroupQuery(services, Targets.FactsOf(lease, preparation.Context), lease)
                : error
        );
}

internal sealed class PreparedGroupQuery(HandlerServices services, OperationFacts facts, GroupLease lease)
    : Prepared<QueryProcessGroupResult>(facts)
{
    public override ValueTask<OneOf<QueryProcessGroupResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<OneOf<QueryProcessGroupResult, OperationError>>(
            new QueryProcessGroupResult(lease.Group.Id, lease.Members().ToValueList(), services.Platform.Escaped(lease.Group).ToValueList())
            {
                Group = lease.Group,
            }
        );
    }

    protected override void Dispose(bool disposing)
    {
        lease.Dispose();
        base.Dispose(disposing);
    }
}
