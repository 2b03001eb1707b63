using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Notices the end of processes: of every child this executor starts, and of whatever else a lease waits for.
/// </summary>
/// <remarks>
/// Constraints (adr/0012-linux-exit-watching.md, knowledge/pidfd.md):
/// <para>
/// System.Diagnostics.Process may be at work in the same program. It reaps only what it started, as long as we aren't process 1; we
/// reap only what we started, one child at a time, by waitid(P_PIDFD). waitpid(-1), P_ALL and P_PGID would steal its children; a
/// SIGCHLD handler would take the runtime's place.
/// </para>
/// <para>
/// An unreaped zombie slows down every exit that the runtime notices, and a zombie whose pid an old Process object also had
/// makes it spin. So a child is reaped at once; what pins the number of its group is not its zombie but its pidfd, which reaches
/// the group even after the leader was reaped (Linux 6.9).
/// </para>
/// <para>
/// No thread and no timer a child: one epoll set of pidfds, one thread. Edge-triggered, since a zombie that a debugger still holds
/// is ready without being ours to reap; when it becomes ours the kernel notifies once more.
/// </para>
/// <para>
/// Three things follow an exit, in this order: the registry's entry is ended (when nobody of the group is left), the observer is
/// told, Exited completes. Who has awaited Exited can rely on the other two. A group that outlives its leader is followed on the
/// pool by <see cref="GroupTail"/>: an event for each look, never a timer.
/// </para>
/// <para>
/// When somebody else has reaped the child after all (process 1, SIGCHLD ignored), the pidfd tells how it ended from Linux 6.15;
/// before, the status is unknown. It is never waited for in vain.
/// </para>
/// </remarks>
internal sealed class ExitWatcher(TimeProvider time)
{
    /// <summary>How often a process is looked at when there is no descriptor left to wait with.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    internal EpollLoop Loop { get; } = new("osl-exit-watcher");

    /// <summary>Completes when the process has ended. Cancelling ends the wait only.</summary>
    internal async Task WaitAsync(PidFd process, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (process.TryDuplicate(out _) is { } own && ExitWait.TryBegin(Loop, own) is { } wait)
        {
            try
            {
                await wait.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            finally
            {
                wait.Cancel();
            }
        }

        // Out of descriptors or of watches: better late than not at all. A zombie that its parent leaves lying counts as alive here.
        while (process.Send(0) != Errno.ESRCH)
        {
            await PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Some time, for who has no event to wait for.</summary>
    internal Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(LookAgain, time, cancellationToken);
}
