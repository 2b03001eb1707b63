using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// A process group, held by its leader's pidfd, or, when the leader is gone, recognised by the marker its members carry.
/// </summary>
/// <remarks>
/// A signal by the leader's pidfd reaches every member at once and never a number that was given away (Linux 6.9). Without that, and
/// without the leader, members are signalled one by one, each through a pidfd that was opened before it was looked at again; rounds
/// follow until one finds nobody new. That isn't atomic: a member that forks faster than the rounds go may keep one child, which a
/// stop sequence's next step reaches. So the rounds are bounded.
/// </remarks>
internal sealed class LinuxGroupLease(GroupIdentity identity, LinuxGroups groups, ExitWatcher watcher, bool sharesLeader)
    : GroupLease(identity.Group)
{
    private const int Kill = 9;
    private const int Rounds = 32;
    private const int WatchedAtOnce = 64;

    private readonly Lock _gate = new();
    private bool _disposed;

    public override IReadOnlyList<ProcessState> Members() => LinuxProcessTable.States(groups.Members(identity, withNames: true));

    public override IReadOnlyList<ProcessRef> Living() => LinuxProcessTable.Living(groups.Members(identity));

    public override OperationError? Signal(Signal signal)
    {
        var number = LinuxErrors.Checked(signal);
        if (ProtectedTargets.Contains(Group.Id, isGroup: true))
        {
            return ProtectedTargets.Refuse(Group.Id, isGroup: true);
        }

        if (identity.Enclosure is { } enclosure)
        {
            return SignalEnclosed(signal, number, enclosure);
        }

        return identity.Leader is { } leader && groups.GroupSignal
                ? LinuxErrors.OfSignal(leader.Send(number, group: true), Group.ToString())
            : IsCertain() ? SignalEach(number)
            : new Unsupported(
                $"a signal to group {Group.Id}, whose leader has ended and which Osl did not start",
                "Nothing ties the number to the group meant any more; signal its members one by one, by pid."
            );
    }

    /// <remarks>Who is alive is looked up before this returns: begin to wait, then signal, and everybody is counted.</remarks>
    public override async Task<int> WaitUntilEmptyAsync(CancellationToken cancellationToken)
    {
        var seen = new HashSet<(int Pid, long Start)>();
        var waits = new List<ExitWait>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var alive = 0;
            var refused = false;
            foreach (var member in groups.Members(identity))
            {
                if (!member.IsAlive)
                {
                    continue;
                }

                alive++;
                seen.Add((member.Pid, member.StartTime));
                refused |= waits.Count < WatchedAtOnce && !TryWatch(member, waits);
            }

            if (alive == 0)
            {
                return CountEnded(seen);
            }

            try
            {
                if (waits.Count == 0 && refused)
                {
                    await watcher.PauseAsync(cancellationToken).ConfigureAwait(false);
                }

                foreach (var wait in waits)
                {
                    await wait.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                foreach (var wait in waits)
                {
                    wait.Cancel();
                }

                waits.Clear();
            }
        }
    }

    public override void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        if (sharesLeader)
        {
            identity.Leader!.DangerousRelease();
        }
        else
        {
            identity.Leader?.Dispose();
        }
    }

    /// <summary>After a join: whether the group that was joined is the one that is held.</summary>
    internal bool IsStill() =>
        (identity.Leader is { } leader ? groups.Pin(leader) : GroupPin.Unknown) switch
        {
            GroupPin.Exists => true,
            GroupPin.Unknown => identity.Marker.Length > 0 && groups.AnyAlive(identity, out _),
            _ => false,
        };

    /// <summary>Whether it is beyond doubt who is a member: by the marker, or since the number can't be another group's.</summary>
    private bool IsCertain() => identity.Marker.Length > 0 || (identity.Leader is { } leader && groups.Pin(leader) == GroupPin.Exists);

    /// <summary>False when there was no room for the wait; a member that has ended meanwhile needs none.</summary>
    private bool TryWatch(in ProcLine member, List<ExitWait> waits)
    {
        var pidfd = PidFd.TryOpen(member.Pid, out var error);
        if (pidfd is null)
        {
            return error == Errno.ESRCH;
        }

        if (!groups.IsStillMember(identity, member))
        {
            pidfd.Dispose();
            return true;
        }

        if (ExitWait.TryBegin(watcher.Loop, pidfd) is not { } wait)
        {
            return false;
        }

        waits.Add(wait);
        return true;
    }

    /// <summary>Those who were seen alive and aren't any more; who has only left the group does not count.</summary>
    private static int CountEnded(HashSet<(int Pid, long Start)> seen)
    {
        var ended = 0;
        foreach (var (pid, start) in seen)
        {
            ended += ProcLine.TryRead(pid, out var now) && now.StartTime == start && now.IsAlive ? 0 : 1;
        }

        return ended;
    }

    /// <summary>The group at once, as ever, and whoever has left it and is inside still.</summary>
    private OperationError? SignalEnclosed(Signal signal, int number, Enclosure enclosure)
    {
        var atOnce = identity.Leader is not null && groups.GroupSignal;
        var error = atOnce ? identity.Leader!.Send(number, group: true) : Errno.ESRCH;
        if (number == Kill)
        {
            var killed = enclosure.Kill();
            error = killed;
        }
        else if (enclosure is PidNamespaceEnclosure space && identity.Leader is not null && space.IsSparedBy(signal))
        {
            // As if it were any other process: what would end that ends it.
            error = identity.Leader.Send(Kill);
        }

        var others = SignalEach(number, beyondGroup: atOnce);
        return error == 0 || others is null ? null
            : error == Errno.ESRCH ? others
            : LinuxErrors.OfSignal(error, Group.ToString());
    }

    private OperationError? SignalEach(int number, bool beyondGroup = false)
    {
        var done = new HashSet<(int Pid, long Start)>();
        var lastError = Errno.ESRCH;
        var reached = false;
        for (var round = 0; round < Rounds; round++)
        {
            var found = false;
            foreach (var member in groups.Members(identity))
            {
                if (beyondGroup && member.Pgid == Group.Id)
                {
                    continue;
                }

                if (!member.IsAlive || !done.Add((member.Pid, member.StartTime)) || ProtectedTargets.Contains(member.Pid, isGroup: false))
                {
                    continue;
                }

                found = true;
                using var pidfd = PidFd.TryOpen(member.Pid, out var error);
                if (pidfd is not null && groups.IsStillMember(identity, member) && IsCertain())
                {
                    error = pidfd.Send(number);
                    reached |= error == 0;
                }

                lastError = error is 0 or Errno.ESRCH ? lastError : error;
            }

            if (!found)
            {
                break;
            }
        }

        return reached ? null : LinuxErrors.OfSignal(lastError, Group.ToString());
    }
}
