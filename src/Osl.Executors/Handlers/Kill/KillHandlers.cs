using Osl.Executors.Stopping;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>Ends one process.</summary>
internal sealed class KillProcessHandler(HandlerServices services) : IOperationHandler<KillProcessOperation, StopResult>
{
    public ValueTask<OneOf<Prepared<StopResult>, OperationError>> PrepareAsync(
        KillProcessOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(Prepare(operation, preparation.Context));

    private OneOf<Prepared<StopResult>, OperationError> Prepare(KillProcessOperation operation, OperationContext context)
    {
        if (!services.HoldProcess(operation.Target).TryPickT0(out var lease, out var error))
        {
            return error;
        }

        var facts = services.FactsOf(lease, context);
        if (Targets.WhyGone(lease) is { } gone)
        {
            lease.Dispose();
            return gone;
        }

        return new PreparedStop(services, facts, lease, operation.StopSequence);
    }
}

/// <summary>Ends a whole group.</summary>
internal sealed class KillProcessGroupHandler(HandlerServices services) : IOperationHandler<KillProcessGroupOperation, StopResult>
{
    public ValueTask<OneOf<Prepared<StopResult>, OperationError>> PrepareAsync(
        KillProcessGroupOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) =>
        ValueTask.FromResult<OneOf<Prepared<StopResult>, OperationError>>(
            services.HoldGroup(operation.Target).TryPickT0(out var lease, out var error)
                ? new PreparedStop(services, Targets.FactsOf(lease, preparation.Context), lease, operation.StopSequence)
                : error
        );
}

internal sealed class PreparedStop : Prepared<StopResult>
{
    private readonly HandlerServices _services;
    private readonly IDisposable _lease;
    private readonly IStopTarget _target;
    private readonly GroupRef? _group;
    private readonly int _id;
    private readonly StopSequence _sequence;

    internal PreparedStop(HandlerServices services, OperationFacts facts, ProcessLease process, StopSequence sequence)
        : base(facts)
    {
        _services = services;
        _lease = process;
        _target = new ProcessStopTarget(process);
        _id = process.Process.Pid;
        _sequence = sequence;
    }

    internal PreparedStop(HandlerServices services, OperationFacts facts, GroupLease group, StopSequence sequence)
        : base(facts)
    {
        _services = services;
        _lease = group;
        _target = new GroupStopTarget(group);
        _group = group.Group;
        _id = group.Group.Id;
        _sequence = sequence;
    }

    public override async ValueTask<OneOf<StopResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        var report = await _services.Stopping.StopAsync(_target, _sequence, cancellationToken).ConfigureAwait(false);
        var result = new StopResult(_id, _group is not null, report.Affected, report.Ended, report.Forced)
        {
            Escaped = _group is null ? [] : _services.Platform.Escaped(_group).ToValueList(),
        };
        return report switch
        {
            { Error: { } refused } => refused with { Effect = report.Signalled ? OperationEffect.Happened : OperationEffect.None },
            { Survivors.Count: > 0 } => new StopFailed(report.Survivors, result, cancellationToken.IsCancellationRequested)
            {
                Effect = OperationEffect.Happened,
            },
            _ => result,
        };
    }

    protected override void Dispose(bool disposing)
    {
        _lease.Dispose();
        base.Dispose(disposing);
    }
}
