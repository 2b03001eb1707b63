using Osl.Interop;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// One child that a shell's user takes for us: when it stops we stop, when we are continued it is, and the terminal goes to and fro.
/// </summary>
/// <remarks>
/// Constraints and scheme (adr/0021-job-control.md, knowledge/terminals.md):
/// <para>
/// The shell knows our group only; the child's is one it has never seen. So Ctrl-Z, which the terminal sends to the child's, has to become
/// a stop of ours, by the same signal, after the terminal was taken back: else the shell waits for ever.
/// </para>
/// <para>
/// A pidfd tells of no stop. One thread waits for this one child's stops by waitid(2), leaving its end to the watcher; the
/// runtime's SIGCHLD is not touched. It is the same thread that stops us and goes on when we are continued: so there is no handler of
/// SIGCONT which could continue a child that has just been stopped once more.
/// </para>
/// <para>
/// A child without the terminal that wants it is stopped by SIGTTIN or SIGTTOU. While the foreground is ours it gets it then, and never
/// knows. That also mends whatever went amiss while we were stopped by SIGSTOP, which can't be noticed.
/// </para>
/// <para>
/// In an orphaned group nobody could continue us. There, as POSIX has it, SIGTSTP is without effect, and whoever is stopped since he
/// wants a terminal that nobody will give him gets SIGHUP.
/// </para>
/// </remarks>
internal sealed class TerminalJob(JobControl control, IStoppable child, TerminalLoan loan) : IJob
{
    /// <summary>
    /// What a signal that has come with SIGCONT may take to reach its handler, by way of the runtime's thread and the pool. A shell's
    /// <c>kill %1</c> sends SIGTERM and SIGCONT; who stopped again before it has looked at the first would stay stopped.
    /// </summary>
    private static readonly TimeSpan SignalDelay = TimeSpan.FromMilliseconds(200);

    private bool _wasStopped;

    /// <summary>Begins to watch a child's stops.</summary>
    /// <returns>False when the system gives no thread for it: then, as after an exception, nothing has begun.</returns>
    internal static bool TryBegin(JobControl control, IStoppable child, TerminalLoan loan)
    {
        var job = new TerminalJob(control, child, loan);
        control.Job = job;
        var isUnderWay = false;
        try
        {
            var thread = new Thread(job.Watch, 256 * 1024) { IsBackground = true, Name = "osl-job-control" };
            isUnderWay = ThreadShortage.TryStart(thread, control.StartThread);
            return isUnderWay;
        }
        finally
        {
            if (!isUnderWay)
            {
                control.Job = null;
                child.LetGo();
            }
        }
    }

    public bool PassOn(Signal signal)
    {
        // Sent to us while the child has the terminal it comes from somebody else, and is meant for us.
        if (signal.Number == Libc.SIGINT && !loan.IsOurs)
        {
            return false;
        }

        return child.IsRunning && child.SendToGroup(signal.Number);
    }

    private void Watch()
    {
        while (child.WaitForStop() is var signal and not 0)
        {
            OnStopped(signal);
        }

        control.Job = null;
        child.LetGo();
    }

    private void OnStopped(int signal)
    {
        if (control.IsEnding)
        {
            // Its stop sequence continues it.
            return;
        }

        var wantsTerminal = signal is Libc.SIGTTIN or Libc.SIGTTOU;
        if (wantsTerminal && loan.TryLend())
        {
            Continue();
            return;
        }

        if (_wasStopped && wantsTerminal && control.BeginsEnding(SignalDelay))
        {
            return;
        }

        var hadTerminal = loan.Suspend();
        if (OwnGroup.IsOrphaned())
        {
            if (signal == Libc.SIGSTOP)
            {
                // Whoever did that, on purpose and from elsewhere, will continue it.
                return;
            }

            if (wantsTerminal)
            {
                _ = child.SendToGroup(Libc.SIGHUP);
            }
        }
        else if (IsStopped())
        {
            // The rest of our group has had the signal, unless the terminal sent it to the child's.
            _wasStopped = true;
            OwnGroup.Stop(signal, withOthers: wantsTerminal || (hadTerminal && signal == Libc.SIGTSTP));
        }

        if (hadTerminal || wantsTerminal)
        {
            _ = loan.TryLend();
        }

        Continue();
    }

    /// <summary>Whether nobody has continued or ended it meanwhile.</summary>
    private bool IsStopped() => ProcLine.TryRead(child.Pid, out var line) && line.State is 'T' or 't';

    private void Continue() => _ = child.SendToGroup(Libc.SIGCONT);
}
