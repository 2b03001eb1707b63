namespace Osl.Interop;

/// <summary>
/// How the runtime tells that the system gives it no thread (pthread_create(3), EAGAIN): by one of two exceptions, depending on how far it has come.
/// </summary>
internal static class ThreadShortage
{
    /// <summary>Whether an exception out of <see cref="Thread.Start()"/> tells of it.</summary>
    /// <param name="exception">The exception.</param>
    internal static bool IsToldBy(Exception exception) => exception is OutOfMemoryException or ThreadStartException;
}
