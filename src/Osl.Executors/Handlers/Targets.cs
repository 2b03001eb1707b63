using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>Takes hold of targets and finds out whose they are.</summary>
internal static class Targets
{
    /// <summary>Takes hold of a process that may be signalled.</summary>
    internal static OneOf<ProcessLease, OperationError> HoldProcess(this HandlerServices services, ProcessTarget target) =>
        services.Platform.IsProtected(target.Pid, isGroup: false) ? Protected(target.ToString()) : services.Platform.Hold(target);

    /// <summary>Takes hold of a group that may be signalled or joined.</summary>
    internal static OneOf<GroupLease, OperationError> HoldGroup(this HandlerServices services, GroupTarget target) =>
        services.Platform.IsProtected(target.Pgid, isGroup: true) ? Protected(target.ToString()) : services.Platform.Hold(target);

    /// <summary>What policy and journal need to know of a process.</summary>
    internal static OperationFacts FactsOf(this HandlerServices services, ProcessLease lease, OperationContext context)
    {
        var state = lease.Read();
        // A member of a group that Osl made is known by its group: the registry has an entry for the leader only.
        var entry = lease.Entry ?? (state is null ? null : services.EntryOfGroup(state.Pgid));
        if (!IsOf(entry, context))
        {
            entry = services.Registry.FindAttached(lease.Process, context.Principal.Name) ?? entry;
        }

        return Describe(lease.Process.Pid, isGroup: false, entry, state is null ? [] : [state], context);
    }

    /// <summary>
    /// The entry of the group that a process was just seen in. Our own says nothing of whether the number still means that group; so the group is
    /// held for a moment: if it is there now, it was there then, and the process in it.
    /// </summary>
    private static GroupEntry? EntryOfGroup(this HandlerServices services, int pgid)
    {
        if (services.Registry.FindGroup(pgid) is not { Group: { } group } entry)
        {
            return null;
        }

        if (entry.HostPid != Environment.ProcessId || services.Platform.IsProtected(pgid, isGroup: true))
        {
            return entry;
        }

        if (!services.Platform.Hold(new GroupTarget(pgid, group)).TryPickT0(out var held, out _))
        {
            return null;
        }

        held.Dispose();
        return entry;
    }

    /// <summary>
    /// Why nobody is there to be told anything; null when somebody is. Asked after the facts: of who has ended meanwhile nobody can say whose it
    /// was, and a refusal for being a stranger's would be wrong.
    /// </summary>
    internal static NotFound? WhyGone(ProcessLease lease) => lease.Read() is { IsAlive: true } ? null : Ended(lease);

    internal static NotFound Ended(ProcessLease lease) =>
        new($"process {lease.Process.Pid}, which has ended", "Look up what runs now (osl ps).") { Thing = MissingThing.Process };

    /// <summary>What policy and journal need to know of a group.</summary>
    internal static OperationFacts FactsOf(GroupLease lease, OperationContext context) =>
        Describe(lease.Group.Id, isGroup: true, lease.Entry, [.. lease.Members().Where(member => member.IsAlive)], context);

    private static OperationFacts Describe(
        int id,
        bool isGroup,
        GroupEntry? entry,
        IReadOnlyList<ProcessState> members,
        OperationContext context
    )
    {
        var relation =
            entry is null ? TargetRelation.Foreign
            : !IsOf(entry, context) ? TargetRelation.OtherPrincipal
            : entry.Attached ? TargetRelation.Attached
            : TargetRelation.Own;
        var others = members
            .Where(member => member.Uid >= 0 && member.Uid != HostIdentity.EffectiveUid)
            .Select(member => (int)member.Uid)
            .Distinct()
            .ToValueList();
        var reason =
            relation is TargetRelation.Foreign or TargetRelation.OtherPrincipal ? "the target was not started for this principal"
            // Root's own daemons drop to users of their own: ending them takes nothing that root has not got. What is attached was theirs.
            : others.Count > 0 && (!HostIdentity.IsPrivileged || relation == TargetRelation.Attached) ? "a member runs as another user"
            : null;
        return new OperationFacts
        {
            Target = new TargetFacts(id, isGroup, relation, members.Count)
            {
                Principal = entry?.Principal,
                StartedBy = entry?.Operation,
                OtherUids = others,
            },
            RequiresElevation = reason is not null,
            ElevationReason = reason,
        };
    }

    private static bool IsOf(GroupEntry? entry, OperationContext context) =>
        entry is not null && string.Equals(entry.Principal, context.Principal.Name, StringComparison.Ordinal);

    private static Denied Protected(string what) =>
        new(
            "osl:protected",
            $"{what} is never a target: pids 0, 1 and -1, the host itself and its own group can't be signalled or joined through Osl.",
            "Name another target; no rule can allow this one."
        );
}
