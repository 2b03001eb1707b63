using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Decides what a group's number means, and by what it is held.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term>we started it and hold its leader's pidfd</term><description>that pidfd: exact, even after the leader was reaped</description></item>
/// <item><term>its leader lives and started when the reference says</term><description>the leader's pidfd, opened before it was compared</description></item>
/// <item><term>its leader is gone, or its pid is another's</term><description>members by the operation's marker; none: NotFound, or StaleProcess when somebody else is there</description></item>
/// <item><term>no reference: the leader lives</term><description>the leader's pidfd</description></item>
/// <item><term>no reference: no leader</term><description>can be listed, not signalled</description></item>
/// </list>
/// </remarks>
internal sealed class GroupHolder(LinuxGroups groups, ExitWatcher watcher, ILaunchRegistry registry)
{
    internal OneOf<GroupLease, OperationError> Hold(GroupTarget target)
    {
        var id = target.Pgid;
        if (id <= 0 || target.Group is { } given && given.Id != id)
        {
            return Missing(id);
        }

        var entry = registry.FindGroup(id);
        if (target.Group is null)
        {
            return entry?.Group is { } registered ? HoldExact(registered, entry) : HoldForeign(id);
        }

        return HoldExact(target.Group, entry?.Group == target.Group ? entry : null);
    }

    private OneOf<GroupLease, OperationError> HoldExact(GroupRef group, GroupEntry? entry)
    {
        if (!LinuxProcessTable.IsOfHere(group.Leader))
        {
            return new StaleProcess($"{group}, which belongs to another boot or pid namespace");
        }

        if (groups.Find(group) is { } child && child.TryShare() is { } shared)
        {
            var held = false;
            try
            {
                var identity = new GroupIdentity(group, shared, child.Enclosure);
                // Its end may not have been noticed yet, and whoever is held is somebody who lives.
                held = (child.IsRunning && LinuxProcessTable.Read(group.Leader) is { IsAlive: true }) || groups.AnyAlive(identity, out _);
                return held ? Lease(identity, entry, sharesLeader: true) : Missing(group.Id);
            }
            finally
            {
                if (!held)
                {
                    shared.DangerousRelease();
                }
            }
        }

        var leader = PidFd.TryOpen(group.Leader.Pid, out var error);
        if (leader is null && error is not (Errno.ESRCH or Errno.EINVAL or Errno.ENOENT))
        {
            return LinuxErrors.CannotHold(group.ToString(), error);
        }

        var enclosure = Enclosure.Find(group);
        var numberReused = false;
        if (leader is not null)
        {
            var there = ProcLine.TryRead(group.Leader.Pid, out var line) && leader.Send(0) != Errno.ESRCH;
            if (there && line.StartTime == group.Leader.StartTime)
            {
                return LeaseIfAlive(new GroupIdentity(group, leader, enclosure), entry, line);
            }

            numberReused = there;
            leader.Dispose();
        }

        var marked = new GroupIdentity(group, leader: null, enclosure);
        if (marked.Marker.Length > 0 && groups.AnyAlive(marked, out _))
        {
            return Lease(marked, entry, sharesLeader: false);
        }

        var anybody = new GroupIdentity(group with { Operation = default }, leader: null);
        return numberReused || groups.AnyAlive(anybody, out _)
            ? new StaleProcess($"{group}: its leader has ended, and who has the number now was not started by its operation")
            : Missing(group.Id);
    }

    private OneOf<GroupLease, OperationError> HoldForeign(int id)
    {
        var leader = PidFd.TryOpen(id, out var error);
        if (leader is null && error is not (Errno.ESRCH or Errno.EINVAL or Errno.ENOENT))
        {
            return LinuxErrors.CannotHold($"group {id}", error);
        }

        if (leader is not null && ProcLine.TryRead(id, out var line) && leader.Send(0) != Errno.ESRCH)
        {
            return LeaseIfAlive(new GroupIdentity(new GroupRef(id, LinuxProcessTable.Ref(line), default), leader), entry: null, line);
        }

        leader?.Dispose();
        var orphaned = new GroupIdentity(new GroupRef(id, LinuxProcessTable.Ref(id, 0), default), leader: null);
        return groups.AnyAlive(orphaned, out _) ? Lease(orphaned, entry: null, sharesLeader: false) : Missing(id);
    }

    private OneOf<GroupLease, OperationError> LeaseIfAlive(GroupIdentity identity, GroupEntry? entry, in ProcLine leader)
    {
        if ((leader.IsAlive && leader.Pgid == identity.Group.Id) || groups.AnyAlive(identity, out _))
        {
            return Lease(identity, entry, sharesLeader: false);
        }

        identity.Leader!.Dispose();
        return Missing(identity.Group.Id);
    }

    private LinuxGroupLease Lease(GroupIdentity identity, GroupEntry? entry, bool sharesLeader) =>
        new(identity, groups, watcher, sharesLeader) { Entry = entry };

    private static NotFound Missing(int id) =>
        new($"a living process in group {id}", "It has ended, or never was; osl ps shows what runs.") { Thing = MissingThing.Group };
}
