namespace Osl.Interop;

/// <summary>Threads, of which the system may have none left (pthread_create(3), EAGAIN: ulimit -u, a cgroup's pids.max).</summary>
internal static class ThreadShortage
{
    /// <summary>
    /// Starts a thread. The runtime tells by one of two exceptions that the system gives it none, depending on how far it has come; whatever
    /// else goes wrong (it may want to load something, without a descriptor for it) stays an exception.
    /// </summary>
    /// <param name="thread">The thread.</param>
    /// <param name="start">By what, in a test of a system that gives none; else <see cref="Thread.UnsafeStart()"/>.</param>
    /// <returns>False when the system gives none.</returns>
    internal static bool TryStart(Thread thread, Action<Thread>? start = null)
    {
        try
        {
            (start ?? (static one => one.UnsafeStart()))(thread);
            return true;
        }
        catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }
}
