using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Posix;

/// <summary>
/// A process group: one of ours, whose number an unreaped leader keeps, or a stranger's, known by its leader's pid and start time; else
/// recognised by the marker its members carry.
/// </summary>
/// <remarks>
/// One of ours is signalled as a whole and without a race. For a stranger's group the leader is looked at immediately before; when it has
/// ended, members are signalled one by one, each looked at immediately before. Rounds follow until one finds nobody new; a member that
/// forks faster than the rounds go may keep one child, which a stop sequence's next step reaches.
/// </remarks>
/// <param name="identity">What the group is recognised by.</param>
/// <param name="child">The leader, if this executor has started it and its group is not over.</param>
/// <param name="groups">Who is in it.</param>
/// <param name="watcher">Who waits.</param>
internal sealed class PosixGroupLease(GroupIdentity identity, PosixChild? child, LinuxGroups groups, ChildWatcher watcher)
    : GroupLease(identity.Group)
{
    private const int Rounds = 32;

    public override IReadOnlyList<ProcessState> Members() => LinuxProcessTable.States(groups.Members(identity, withNames: true));

    public override IReadOnlyList<ProcessRef> Living() => LinuxProcessTable.Living(groups.Members(identity));

    public override OperationError? Signal(Signal signal)
    {
        var number = LinuxErrors.Checked(signal);
        if (ProtectedTargets.Contains(Group.Id, isGroup: true))
        {
            return ProtectedTargets.Refuse(Group.Id, isGroup: true);
        }

        if (identity.Enclosure is not null)
        {
            return new Unsupported(
                $"a signal to {Group} without pidfds: it is held together by a cgroup or a pid namespace, and who has left the group would be missed",
                $"Send it from a host on {LinuxErrors.WherePidfdsWork}; osl doctor shows what is there."
            );
        }

        if (child is not null && child.TrySignalGroup(number, out var error))
        {
            return LinuxErrors.OfSignal(error, Group.ToString());
        }

        if (child is null && identity.Pin!() == GroupPin.Exists)
        {
            return LinuxErrors.OfSignal(Libc.Kill(-Group.Id, number) < 0 ? Libc.LastError : 0, Group.ToString());
        }

        return identity.Marker.Length > 0
            ? SignalEach(number)
            : new Unsupported(
                $"a signal to group {Group.Id}, whose leader has ended and which Osl did not start",
                "Nothing ties the number to the group meant any more; signal its members one by one, by pid."
            );
    }

    public override async Task<int> WaitUntilEmptyAsync(CancellationToken cancellationToken)
    {
        var seen = new HashSet<(int Pid, long Start)>();
        await watcher.WaitAsync(() => !AddLiving(seen), cancellationToken).ConfigureAwait(false);
        var ended = 0;
        // Who has only left the group does not count.
        foreach (var (pid, start) in seen)
        {
            ended += ProcLine.TryRead(pid, out var now) && now.StartTime == start && now.IsAlive ? 0 : 1;
        }

        return ended;
    }

    public override void Dispose()
    {
        // Nothing is held: the number is kept by the leader itself, or by nobody.
    }

    /// <summary>Before a join: keeps the number in use until <see cref="EndJoin"/>, as far as it is ours to keep.</summary>
    /// <returns>False when the group is over.</returns>
    internal bool TryBeginJoin() => child is null || child.TryBeginJoin();

    internal void EndJoin() => child?.EndJoin();

    /// <summary>After a join: whether the group that was joined is the one that is held.</summary>
    internal bool IsStill() =>
        identity.Pin!() switch
        {
            GroupPin.Exists => true,
            GroupPin.Unknown => identity.Marker.Length > 0 && groups.AnyAlive(identity, out _),
            _ => false,
        };

    private bool AddLiving(HashSet<(int Pid, long Start)> seen)
    {
        var any = false;
        foreach (var member in groups.Members(identity))
        {
            if (member.IsAlive)
            {
                any = true;
                _ = seen.Add((member.Pid, member.StartTime));
            }
        }

        return any;
    }

    private OperationError? SignalEach(int number)
    {
        var done = new HashSet<(int Pid, long Start)>();
        var lastError = Errno.ESRCH;
        var reached = false;
        for (var (round, found) = (0, true); found && round < Rounds; round++)
        {
            found = false;
            foreach (var member in groups.Members(identity))
            {
                if (!member.IsAlive || !done.Add((member.Pid, member.StartTime)) || ProtectedTargets.Contains(member.Pid, isGroup: false))
                {
                    continue;
                }

                found = true;
                if (groups.IsStillMember(identity, member))
                {
                    var error = Libc.Kill(member.Pid, number) < 0 ? Libc.LastError : 0;
                    reached |= error == 0;
                    lastError = error is 0 or Errno.ESRCH ? lastError : error;
                }
            }
        }

        return reached ? null : LinuxErrors.OfSignal(lastError, Group.ToString());
    }
}
