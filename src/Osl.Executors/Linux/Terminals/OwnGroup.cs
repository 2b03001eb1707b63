using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>The process group we are in ourselves: a shell's job, when a shell with job control has started us.</summary>
internal static unsafe class OwnGroup
{
    /// <summary>Whether nobody else is in it.</summary>
    internal static bool IsOnlyUs() => Others().Count == 0;

    /// <summary>
    /// Whether nobody is left who could continue it if it stopped: no member has a parent in the same session and another group
    /// (POSIX.1 3.264, orphaned process group).
    /// </summary>
    internal static bool IsOrphaned()
    {
        if (!ProcLine.TryRead(Environment.ProcessId, out var us))
        {
            return true;
        }

        var members = Others();
        members.Add(us);
        foreach (var member in members)
        {
            if (
                member.IsAlive
                && member.ParentPid > 1
                && ProcLine.TryRead(member.ParentPid, out var parent)
                && parent.Session == us.Session
                && parent.Pgid != us.Pgid
            )
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Stops us as a signal of the terminal would, until we are continued.</summary>
    /// <param name="signal">One that stops.</param>
    /// <param name="withOthers">Whether the rest of the group gets it too: not when it had it already.</param>
    internal static void Stop(int signal, bool withOthers)
    {
        if (withOthers)
        {
            foreach (var other in Others())
            {
                using var held = PidFd.TryOpen(other.Pid, out _);
                if ((held is not null || !LinuxFeatures.HasPidfd) && ProcLine.TryRead(other.Pid, out var now) && now == other)
                {
                    // Without pidfds right after the look: knowledge/posix-fallback.md has the race that is left.
                    _ = held?.Send(signal) ?? Libc.Kill(other.Pid, signal);
                }
            }
        }

        // To this very thread: when raise returns, the stop is over. kill(2) would stop us some time after it returned.
        var handled = stackalloc byte[Libc.SigactionSize];
        var byDefault = stackalloc byte[Libc.SigactionSize];
        new Span<byte>(byDefault, Libc.SigactionSize).Clear();
        var changed = signal != Libc.SIGSTOP && Libc.Sigaction(signal, byDefault, handled) == 0;
        _ = Libc.Raise(signal);
        if (changed)
        {
            _ = Libc.Sigaction(signal, handled, null);
        }
    }

    private static List<ProcLine> Others()
    {
        var own = Libc.GetPgrp();
        var others = new List<ProcLine>();
        var pids = PidList.Open();
        try
        {
            while (pids.MoveNext())
            {
                if (
                    pids.Current != Environment.ProcessId
                    && Libc.GetPgid(pids.Current) == own
                    && ProcLine.TryRead(pids.Current, out var line)
                    && line.IsAlive
                    && line.Pgid == own
                )
                {
                    others.Add(line);
                }
            }
        }
        finally
        {
            pids.Dispose();
        }

        return others;
    }
}
