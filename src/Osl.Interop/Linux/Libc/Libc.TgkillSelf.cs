namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// tgkill(2) to the thread that calls: a signal that it does not block has been delivered, and its handler has run, when this returns.
    /// </summary>
    /// <returns>-1 with errno, or 0.</returns>
    internal static int TgkillSelf(int signal) =>
        (int)Syscall(SyscallNumber.Tgkill, System.Environment.ProcessId, Syscall(SyscallNumber.Gettid, 0, 0, 0, 0, 0, 0), signal, 0, 0, 0);
}
