using Osl.Executors.Linux;
using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Posix;

/// <summary>
/// Decides what a group's number means, and by what it is known.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term>we started it and have not reaped its leader</term><description>exact: the leader, alive or a zombie, keeps the number</description></item>
/// <item><term>its leader is there and started when the reference says</term><description>by that, looked at anew for each use</description></item>
/// <item><term>its leader is gone, or its pid is another's</term><description>members by the operation's marker; none: NotFound, or StaleProcess when somebody else is there</description></item>
/// <item><term>no reference: the leader is there</term><description>by its start time from now on</description></item>
/// <item><term>no reference: no leader</term><description>can be listed, not signalled</description></item>
/// </list>
/// </remarks>
internal sealed class PosixGroupHolder(LinuxGroups groups, ChildWatcher watcher, ILaunchRegistry registry)
{
    internal OneOf<GroupLease, OperationError> Hold(GroupTarget target)
    {
        var id = target.Pgid;
        if (id <= 0 || (target.Group is { } given && given.Id != id))
        {
            return Missing(id);
        }

        var entry = registry.FindGroup(id);
        return target.Group is { } group ? HoldExact(group, entry?.Group == group ? entry : null)
            : entry?.Group is { } registered ? HoldExact(registered, entry)
            : HoldForeign(id);
    }

    private OneOf<GroupLease, OperationError> HoldExact(GroupRef group, GroupEntry? entry)
    {
        if (!LinuxProcessTable.IsOfHere(group.Leader))
        {
            return new StaleProcess($"{group}, which belongs to another boot or pid namespace");
        }

        if (watcher.Find(group.Id) is { } child && child.OwnGroup == group)
        {
            var own = new GroupIdentity(group, leader: null) { Pin = child.Pin };
            // Its end may not have been noticed yet, and whoever is held is somebody who lives.
            var lives = (child.IsRunning && LinuxProcessTable.Read(group.Leader) is { IsAlive: true }) || groups.AnyAlive(own, out _);
            return lives ? Lease(own, child, entry) : Missing(group.Id);
        }

        var identity = Identify(group);
        if (identity.Pin!() == GroupPin.Exists || identity.Marker.Length > 0)
        {
            if (groups.AnyAlive(identity, out _))
            {
                return Lease(identity, child: null, entry);
            }
        }

        if (identity.Pin() == GroupPin.Exists)
        {
            return Missing(group.Id);
        }

        var anybody = new GroupIdentity(group with { Operation = default }, leader: null);
        return ProcLine.TryRead(group.Id, out _) || groups.AnyAlive(anybody, out _)
            ? new StaleProcess($"{group}: its leader has ended, and who has the number now was not started by its operation")
            : Missing(group.Id);
    }

    private OneOf<GroupLease, OperationError> HoldForeign(int id)
    {
        var leader = ProcLine.TryRead(id, out var line) ? LinuxProcessTable.Ref(line) : LinuxProcessTable.Ref(id, 0);
        var identity = Identify(new GroupRef(id, leader, default));
        return groups.AnyAlive(identity, out _) ? Lease(identity, child: null, entry: null) : Missing(id);
    }

    private static GroupIdentity Identify(GroupRef group) =>
        new(group, leader: null, Enclosure.Find(group)) { Pin = () => LeaderPin(group) };

    /// <summary>A leader that has not been reaped, alive or not, keeps the number of its group.</summary>
    private static GroupPin LeaderPin(GroupRef group) =>
        ProcLine.TryRead(group.Leader.Pid, out var line) && line.StartTime == group.Leader.StartTime ? GroupPin.Exists : GroupPin.Unknown;

    private PosixGroupLease Lease(GroupIdentity identity, PosixChild? child, GroupEntry? entry) =>
        new(identity, child, groups, watcher) { Entry = entry };

    private static NotFound Missing(int id) =>
        new($"a living process in group {id}", "It has ended, or never was; osl ps shows what runs.") { Thing = MissingThing.Group };
}
