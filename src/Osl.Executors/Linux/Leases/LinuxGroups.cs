using System.Collections.Concurrent;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Who is in a group, and which groups this executor leads by a pidfd of its own.
/// </summary>
/// <remarks>
/// A group's number can't be given out again while it has a member, be it a zombie. Hence: look through /proc first, ask the leader's
/// pidfd afterwards whether the group still exists; if so, whoever was seen under the number was a member. Asked before, the group
/// could end and the number be given away during the look.
/// </remarks>
/// <param name="groupSignal">Whether a pidfd reaches a group (Linux 6.9).</param>
internal sealed class LinuxGroups(bool groupSignal)
{
    /// <summary>So few that asking for each costs less than opening the list.</summary>
    private const int FewPids = 64;

    private readonly ConcurrentDictionary<int, LinuxChild> _led = new();

    internal bool GroupSignal => groupSignal;

    internal void Remember(LinuxChild leader) => _led[leader.Process.Pid] = leader;

    internal void Forget(LinuxChild leader) => _led.TryRemove(KeyValuePair.Create(leader.Process.Pid, leader));

    /// <summary>The child that leads exactly this group, if this executor started it and the group is not over.</summary>
    internal LinuxChild? Find(GroupRef group) =>
        _led.TryGetValue(group.Id, out var child) && child.Process == group.Leader && child.OwnGroup!.Operation == group.Operation
            ? child
            : null;

    internal GroupPin Pin(PidFd leader) =>
        leader.Send(0, groupSignal) != Errno.ESRCH ? GroupPin.Exists
        : groupSignal ? GroupPin.Empty
        : GroupPin.Unknown;

    private GroupPin PinOf(GroupIdentity identity) =>
        identity.Pin is { } pin ? pin()
        : identity.Leader is { } leader ? Pin(leader)
        : GroupPin.Unknown;

    /// <summary>The members, zombies included.</summary>
    internal List<ProcLine> Members(GroupIdentity identity, bool withNames = false)
    {
        var members = new List<ProcLine>();
        var pids = PidList.Open();
        try
        {
            while (pids.MoveNext())
            {
                if (TryReadMember(pids.Current, identity.Group.Id, out var line, withNames))
                {
                    members.Add(line);
                }
            }
        }
        finally
        {
            pids.Dispose();
        }

        if (members.Count > 0)
        {
            KeepCertain(identity, members);
        }

        if (identity.Enclosure is { } enclosure)
        {
            AddEnclosed(enclosure, members, withNames);
        }

        return members;
    }

    private static void AddEnclosed(Enclosure enclosure, List<ProcLine> members, bool withNames)
    {
        var known = members.ConvertAll(member => member.Pid);
        foreach (var pid in enclosure.Pids())
        {
            // Read first, then asked whether it is inside: by then the number may be another's.
            if (!known.Contains(pid) && ProcLine.TryRead(pid, out var line, withNames) && enclosure.Contains(pid))
            {
                members.Add(line);
            }
        }
    }

    /// <summary>Of those who were seen under the number, the members.</summary>
    private void KeepCertain(GroupIdentity identity, List<ProcLine> members)
    {
        switch (PinOf(identity))
        {
            case GroupPin.Empty:
                members.Clear();
                break;
            case GroupPin.Unknown when identity.Marker.Length > 0:
                members.RemoveAll(member => !ProcFile.EnvironmentHolds(member.Pid, identity.Marker));
                break;
            case GroupPin.Exists or GroupPin.Unknown:
            default:
                break;
        }
    }

    /// <summary>Whether anybody is alive in a group, and one of those who are.</summary>
    internal bool AnyAlive(GroupIdentity identity, out ProcLine member)
    {
        if (AnyAliveInGroup(identity, out member))
        {
            return true;
        }

        foreach (var pid in identity.Enclosure?.Pids() ?? [])
        {
            if (ProcLine.TryRead(pid, out member) && member.IsAlive && identity.Enclosure!.Contains(pid))
            {
                return true;
            }
        }

        member = default;
        return false;
    }

    private bool AnyAliveInGroup(GroupIdentity identity, out ProcLine member)
    {
        var pids = PidList.Open();
        try
        {
            while (pids.MoveNext())
            {
                if (!TryReadMember(pids.Current, identity.Group.Id, out member) || !member.IsAlive)
                {
                    continue;
                }

                switch (PinOf(identity))
                {
                    case GroupPin.Empty:
                        return false;
                    case GroupPin.Unknown when identity.Marker.Length > 0 && !ProcFile.EnvironmentHolds(member.Pid, identity.Marker):
                        continue;
                    case GroupPin.Exists or GroupPin.Unknown:
                    default:
                        return true;
                }
            }
        }
        finally
        {
            pids.Dispose();
        }

        member = default;
        return false;
    }

    /// <summary>Whether a process that was seen as a member still is: for who has opened it since.</summary>
    internal bool IsStillMember(GroupIdentity identity, in ProcLine seen) =>
        IsStillInGroup(identity, seen)
        || (identity.Enclosure?.Contains(seen.Pid) == true && ProcLine.TryRead(seen.Pid, out var now) && now.StartTime == seen.StartTime);

    private bool IsStillInGroup(GroupIdentity identity, in ProcLine seen) =>
        TryReadMember(seen.Pid, identity.Group.Id, out var now)
        && now.StartTime == seen.StartTime
        && (PinOf(identity) == GroupPin.Exists || identity.Marker.Length == 0 || ProcFile.EnvironmentHolds(seen.Pid, identity.Marker));

    /// <summary>Living processes that carry a group's marker and are in another group.</summary>
    internal static List<ProcessRef> Escaped(GroupRef group)
    {
        var marker = GroupIdentity.MarkerOf(group.Operation);
        var escaped = new List<ProcessRef>();
        if (marker.Length == 0)
        {
            return escaped;
        }

        var window = PidWindow.Since(group.Leader.Pid, group.Leader.StartTime);
        if (window.Size <= FewPids)
        {
            for (var pid = window.First; pid < window.First + window.Size; pid++)
            {
                AddIfEscaped(pid, group, marker, escaped);
            }

            return escaped;
        }

        var pids = PidList.Open();
        try
        {
            while (pids.MoveNext())
            {
                if (window.Contains(pids.Current))
                {
                    AddIfEscaped(pids.Current, group, marker, escaped);
                }
            }
        }
        finally
        {
            pids.Dispose();
        }

        return escaped;
    }

    private static void AddIfEscaped(int pid, GroupRef group, ReadOnlySpan<byte> marker, List<ProcessRef> escaped)
    {
        if (
            Libc.GetPgid(pid) is var pgid
            && pgid >= 0
            && pgid != group.Id
            && ProcFile.EnvironmentHolds(pid, marker)
            && ProcLine.TryRead(pid, out var line)
            && line.IsAlive
            && line.Pgid != group.Id
        )
        {
            escaped.Add(LinuxProcessTable.Ref(line));
        }
    }

    /// <summary>getpgid(2) first: a tenth of what reading a line of /proc costs, and most processes are not members.</summary>
    private static bool TryReadMember(int pid, int pgid, out ProcLine line, bool withName = false)
    {
        line = default;
        return Libc.GetPgid(pid) == pgid && ProcLine.TryRead(pid, out line, withName) && line.Pgid == pgid;
    }
}
