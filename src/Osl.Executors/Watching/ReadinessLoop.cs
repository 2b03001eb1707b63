namespace Osl.Executors.Watching;

/// <summary>One thread that waits until descriptors are ready: by epoll(7) on Linux, by poll(2) where only POSIX is to be had.</summary>
internal abstract class ReadinessLoop
{
    /// <summary>How the thread is started, in a test of a system that gives none.</summary>
    internal Action<Thread>? StartThread { get; init; }

    /// <summary>Makes sure that the thread runs. What fails now may succeed the next time.</summary>
    /// <returns>The error number (EAGAIN: the system gives no thread), or 0.</returns>
    internal abstract int EnsureStarted();

    /// <summary>Watches a descriptor until <see cref="Remove"/>.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="events">EPOLLIN, EPOLLOUT, whose values are those of poll(2), and EPOLLET for one call for each <see cref="Rearm"/>.</param>
    /// <param name="target">Who is called; may be before this returns.</param>
    /// <returns>The error number (ENOMEM, ENOSPC: no more watches for this user; EBADF: closed), or 0.</returns>
    internal abstract int Add(int fd, uint events, ReadinessTarget target);

    /// <summary>For a target added with EPOLLET that has found nothing more to do: it is called again when there is something.</summary>
    internal abstract void Rearm(ReadinessTarget target);

    /// <summary>Watches a descriptor no longer. The descriptor must still be open. Without effect for a target that is not watched.</summary>
    internal abstract void Remove(int fd, ReadinessTarget target);

    /// <summary>Completes when the thread has gone round once; at once when it never began or has ended.</summary>
    internal abstract Task AnswersAsync();

    /// <summary>Accepts nothing more once the last descriptor is removed, and ends the thread then. Idempotent.</summary>
    /// <returns>Completes when the thread has ended; at once when it never began or still has something to watch.</returns>
    internal abstract Task CloseAsync();
}

/// <summary>What a <see cref="ReadinessLoop"/> calls when a descriptor is ready.</summary>
internal abstract class ReadinessTarget
{
    /// <summary>Its place in the loop's table; negative for none. The loop's own.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>On the loop's thread: never waits for anything, never throws.</summary>
    internal abstract void OnReady(uint events);
}
