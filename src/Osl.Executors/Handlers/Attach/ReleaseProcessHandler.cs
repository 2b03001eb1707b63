using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>Makes what is Managed Detached (adr/0042-attach-and-release.md).</summary>
internal sealed class ReleaseProcessHandler(HandlerServices services) : IOperationHandler<ReleaseProcessOperation, ReleaseProcessResult>
{
    public ValueTask<OneOf<Prepared<ReleaseProcessResult>, OperationError>> PrepareAsync(
        ReleaseProcessOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(Prepare(operation, preparation.Context));

    private OneOf<Prepared<ReleaseProcessResult>, OperationError> Prepare(ReleaseProcessOperation operation, OperationContext context)
    {
        if (operation.TargetGroup)
        {
            return services.HoldGroup(new GroupTarget(operation.Target.Pid, operation.Group)).TryPickT0(out var group, out var noGroup)
                ? new PreparedRelease(services, Targets.FactsOf(group, context), group)
                : noGroup;
        }

        return services.HoldProcess(operation.Target).TryPickT0(out var process, out var noProcess)
            ? new PreparedRelease(services, services.FactsOf(process, context), process)
            : noProcess;
    }
}

internal sealed class PreparedRelease : Prepared<ReleaseProcessResult>
{
    private readonly IDisposable _lease;
    private readonly int _id;
    private readonly string _name;
    private readonly GroupEntry? _entry;
    private readonly Func<IReadOnlyList<RunningProcess>> _held;
    private readonly bool _isGroup;

    internal PreparedRelease(HandlerServices services, OperationFacts facts, ProcessLease process)
        : base(facts)
    {
        _lease = process;
        _id = process.Process.Pid;
        _name = $"process {_id}";
        _entry = process.Entry;
        _held = () => services.Live.Of(process.Process);
    }

    internal PreparedRelease(HandlerServices services, OperationFacts facts, GroupLease group)
        : base(facts)
    {
        _lease = group;
        _id = group.Group.Id;
        _name = $"group {_id}";
        _entry = group.Entry;
        _held = () => services.Live.Of(group.Group);
        _isGroup = true;
    }

    public override ValueTask<OneOf<ReleaseProcessResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Release(scope.Context.Principal));
    }

    protected override void Dispose(bool disposing)
    {
        _lease.Dispose();
        base.Dispose(disposing);
    }

    private OneOf<ReleaseProcessResult, OperationError> Release(Principal principal)
    {
        var held = _held();
        // Who has attached to what another one started lets go of his own hold only.
        var own = held.Where(running => string.Equals(running.Principal.Name, principal.Name, StringComparison.Ordinal)).ToList();
        if (own.Count == 0 && Facts.Target is { Relation: TargetRelation.Attached })
        {
            return new Unsupported(
                $"releasing {_name}, which {principal.Name} has attached to from another host",
                "Release it there: what others hold here is theirs to let go."
            );
        }

        if (held.Count == 0)
        {
            return NotHere();
        }

        var meant = own.Count > 0 ? own : held;
        foreach (var running in meant)
        {
            if (running.WhyNotReleased() is { } reason)
            {
                return reason;
            }
        }

        var released = new List<ProcessRef>();
        foreach (var running in meant)
        {
            if (running.Release().TryPickT1(out var refused, out var was))
            {
                return refused with { Effect = released.Count > 0 ? OperationEffect.Happened : OperationEffect.None };
            }

            if (was)
            {
                released.Add(running.Process);
            }
        }

        return new ReleaseProcessResult(_id, _isGroup, released.ToValueList());
    }

    /// <summary>Only its own host can let go of it: that one's guardian, or the handle of its job, ends it.</summary>
    private OneOf<ReleaseProcessResult, OperationError> NotHere() =>
        _entry switch
        {
            { Lifetime: ProcessLifetime.Detached } => new ReleaseProcessResult(_id, _isGroup, []),
            { } other => new Unsupported(
                $"releasing {_name}, which another host holds (process {other.HostPid})",
                "Release it there; what ends with that host can't be kept from it from outside."
            ),
            null => new NotFound(
                $"{_name} among what this host runs",
                "Only what was started or attached to here can be released (osl ps)."
            )
            {
                Thing = _isGroup ? MissingThing.Group : MissingThing.Process,
            },
        };
}
