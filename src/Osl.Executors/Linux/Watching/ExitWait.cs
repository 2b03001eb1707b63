using Osl.Executors.Watching;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>A wait for the end of one process, our child or not. Owns its descriptor, so that it depends on nobody's lease.</summary>
internal sealed class ExitWait : ReadinessTarget
{
    private readonly EpollLoop _loop;
    private readonly PidFd _pidfd;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private bool _over;

    private ExitWait(EpollLoop loop, PidFd pidfd)
    {
        _loop = loop;
        _pidfd = pidfd;
    }

    /// <summary>Completes when the process has ended; a zombie has.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Begins to wait.</summary>
    /// <param name="loop">Who watches.</param>
    /// <param name="pidfd">Which process; belongs to the wait from now on, also when it could not begin.</param>
    /// <returns>The wait; null when the system has no room for one more.</returns>
    internal static ExitWait? TryBegin(EpollLoop loop, PidFd pidfd)
    {
        var wait = new ExitWait(loop, pidfd);
        lock (wait._gate)
        {
            if (loop.Add(pidfd.Number, Libc.EPOLLIN | Libc.EPOLLET, wait) != 0)
            {
                wait._over = true;
                pidfd.Dispose();
                return null;
            }
        }

        return wait;
    }

    internal override void OnReady(uint events)
    {
        Stop();
        _ended.TrySetResult();
    }

    /// <summary>Gives up waiting; <see cref="Ended"/> then never completes.</summary>
    internal void Cancel() => Stop();

    private void Stop()
    {
        lock (_gate)
        {
            if (!_over)
            {
                _over = true;
                _loop.Remove(_pidfd.Number, this);
                _pidfd.Dispose();
            }
        }
    }
}
