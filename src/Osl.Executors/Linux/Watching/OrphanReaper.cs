using System.Runtime.InteropServices;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Reaps orphans: processes that nobody in this program has started, and that became its children when their parents ended. They do where
/// it is process 1 of a pid namespace, or a child subreaper.
/// </summary>
/// <remarks>
/// Constraints and scheme (adr/0050-orphans.md):
/// <para>
/// The kernel does not tell an orphan from a child that System.Diagnostics.Process or a library has started, and who reaps one of theirs ends
/// the program or takes a status away. So a zombie is reaped only when everybody else has had his turn and has left it:
/// </para>
/// <list type="number">
/// <item>ours: not among <see cref="OwnChildren"/>, with every start over that had begun when it was first seen;</item>
/// <item>
/// the framework's: on SIGCHLD its signal thread reaps, under the lock that Process.Start holds, whatever Process has started and has
/// ended. So once a zombie is seen, SIGCHLD is raised and SIGURG after it, by the thread itself: both go through one pipe in this order, so when our
/// handler of SIGURG is called that thread has been through all of Process's children. Where SIGCHLD has no handler Process was never used;
/// </item>
/// <item>a native library's that waits for its child: it is seen a zombie at two looks, one period apart.</item>
/// </list>
/// <para>
/// Nobody waits for the end of an orphan, so there is no thread and no event for it: a timer looks, by one call that costs a microsecond while there
/// is nothing to reap.
/// </para>
/// <para>
/// As process 1 the runtime itself reaps every child as soon as it handles SIGCHLD (Process or a terminal was used). Then nothing is done here.
/// </para>
/// </remarks>
internal sealed unsafe class OrphanReaper : IDisposable
{
    /// <summary>How often it looks.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Suspect> _suspects = [];
    private readonly ITimer _timer;
    private readonly bool _adopts;
    private PosixSignalRegistration? _barrier;
    private bool _waitsForFramework;
    private bool _disposed;

    private OrphanReaper(TimeProvider time, bool adopts)
    {
        _adopts = adopts;
        _timer = time.CreateTimer(static reaper => ((OrphanReaper)reaper!).Look(), this, Period, Period);
    }

    /// <summary>Begins to reap. Unless this is process 1, it becomes a child subreaper.</summary>
    /// <exception cref="PlatformNotSupportedException">The kernel has no child subreapers (before Linux 3.4), or forbids it.</exception>
    internal static OrphanReaper Begin(TimeProvider time)
    {
        var adopts = Environment.ProcessId != 1;
        return adopts && Subreaper.Hold() is var error and not 0
            ? throw new PlatformNotSupportedException(
                $"This process can't become a child subreaper ({Errno.Name(error)}), so it can't reap orphans: allow prctl(2), or do without ReapOrphans."
            )
            : new OrphanReaper(time, adopts);
    }

    /// <summary>Ends it; what is a zombie then stays one until the program ends. A subreaper is what it was before.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _timer.Dispose();
            _barrier?.Dispose();
            foreach (var suspect in _suspects.Values)
            {
                suspect.Held.Dispose();
            }

            _suspects.Clear();
        }

        if (_adopts)
        {
            Subreaper.Release();
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            // One at a time; a look that waits for the framework goes on when that has answered.
            if (_disposed || _waitsForFramework || (!AnyEnded() && _suspects.Count == 0))
            {
                return;
            }

            var handled = SignalDispositions.IsChildHandled();
            if (handled && Environment.ProcessId == 1)
            {
                return;
            }

            NoteSuspects();
            if (_suspects.Count == 0)
            {
                return;
            }

            if (handled)
            {
                AskFramework();
            }
            else
            {
                Judge();
            }
        }
    }

    /// <summary>Notes who is a zombie and not known to be ours.</summary>
    private void NoteSuspects()
    {
        var mark = OwnChildren.Mark();
        foreach (var pid in ChildList.Read())
        {
            if (_suspects.ContainsKey(pid) || OwnChildren.Contains(pid))
            {
                continue;
            }

            // Held first, looked at then: if it is a child and has ended, nobody has reaped it, and the number is its own.
            var held = PidFd.TryOpen(pid, out _, spend: false);
            if (held is not null && IsOurZombie(pid) && held.Send(0) != Errno.ESRCH)
            {
                _suspects.Add(pid, new Suspect(held, mark));
            }
            else
            {
                held?.Dispose();
            }
        }
    }

    private void AskFramework()
    {
        _barrier ??= PosixSignalRegistration.Create(
            (PosixSignal)Libc.SIGURG,
            context =>
            {
                context.Cancel = true;
                Answered();
            }
        );
        _waitsForFramework = true;
        if (Libc.TgkillSelf(Libc.SIGCHLD) != 0 || Libc.TgkillSelf(Libc.SIGURG) != 0)
        {
            _waitsForFramework = false;
        }
    }

    /// <summary>
    /// On the pool, after the framework's signal thread has been through its children; too early when somebody else has sent SIGURG just now,
    /// which is one more reason for a second look.
    /// </summary>
    private void Answered()
    {
        lock (_gate)
        {
            if (_waitsForFramework && !_disposed)
            {
                _waitsForFramework = false;
                Judge();
            }
        }
    }

    /// <summary>Everybody else has had his turn: who is a zombie at the second time is an orphan.</summary>
    private void Judge()
    {
        var over = new List<int>();
        foreach (var (pid, suspect) in _suspects)
        {
            if (!OwnChildren.AreKnownUpTo(suspect.Mark))
            {
                continue;
            }

            var ours = OwnChildren.Contains(pid);
            if (ours || (++suspect.Looks > 1 && ChildStatus.ReapOrphan(suspect.Held)) || suspect.Held.Send(0) == Errno.ESRCH)
            {
                over.Add(pid);
            }
        }

        foreach (var pid in over)
        {
            _suspects[pid].Held.Dispose();
            _suspects.Remove(pid);
        }
    }

    private static bool AnyEnded()
    {
        var info = stackalloc byte[128];
        new Span<byte>(info, 128).Clear();
        return Libc.PeekAnyEnded(info) == 0 && ((int*)info)[4] != 0;
    }

    private static bool IsOurZombie(int pid) =>
        ProcLine.TryRead(pid, out var line, out _) && line is { State: 'Z' } && line.ParentPid == Environment.ProcessId;

    private sealed class Suspect(PidFd held, long mark)
    {
        internal PidFd Held => held;

        /// <summary>The moment, in starts of ours, when it was first seen.</summary>
        internal long Mark => mark;

        /// <summary>At how many looks it was a zombie, known to be nobody of ours.</summary>
        internal int Looks { get; set; }
    }
}
