using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Follows a group that outlives its leader, until nobody of it is alive: waits for one living member after the other. The
/// leader's pidfd stays open meanwhile, so that the group can still be signalled, the registry's entry stays, and the watcher's
/// loop is held open by the leader, also when the executor is being disposed.
/// </summary>
internal static class GroupTail
{
    internal static async Task FollowAsync(ExitWatcher watcher, LinuxGroups groups, LinuxChild leader, PidFd pidfd)
    {
        var identity = new GroupIdentity(leader.OwnGroup!, pidfd, leader.Enclosure);
        while (true)
        {
            try
            {
                if (!groups.AnyAlive(identity, out var member))
                {
                    break;
                }

                // Opened, then looked at again: by now the pid may be another process's.
                using var held = PidFd.TryOpen(member.Pid, out var error);
                if (held is not null && ProcLine.TryRead(member.Pid, out var now) && now.StartTime == member.StartTime)
                {
                    await watcher.WaitAsync(held, CancellationToken.None).ConfigureAwait(false);
                    continue;
                }

                if (error is 0 or Errno.ESRCH)
                {
                    continue;
                }
            }
            catch (OutOfDescriptorsException)
            {
                // Not seen is not gone.
            }

            await watcher.PauseAsync(CancellationToken.None).ConfigureAwait(false);
        }

        leader.Release();
        watcher.Loop.LetGo();
    }
}
