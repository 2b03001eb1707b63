namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int WNOHANG = 1;
    internal const int WSTOPPED = 2;
    internal const int WEXITED = 4;
    internal const int WNOWAIT = 0x01000000;

    private const int P_PID = 1;
    private const int P_PIDFD = 3;

    /// <summary>
    /// waitid(2) for the one child a pidfd names, Linux 5.4. By the raw call, since only that one tells the resources used.
    /// </summary>
    /// <param name="pidfd">A child of this process.</param>
    /// <param name="options">WEXITED, WSTOPPED, and perhaps WNOHANG, WNOWAIT.</param>
    /// <param name="siginfo">At least 128 bytes, zeroed: with WNOHANG a pid of 0 in it says that nothing has happened yet.</param>
    /// <param name="rusage">At least 144 bytes; null for not wanted.</param>
    internal static unsafe int WaitPidfd(int pidfd, int options, byte* siginfo, byte* rusage) =>
        (int)Syscall(SyscallNumber.Waitid, P_PIDFD, pidfd, (nint)siginfo, options, (nint)rusage, 0);

    /// <summary>waitid(2) for the one child with a pid.</summary>
    internal static unsafe int WaitPid(int pid, int options, byte* siginfo) =>
        (int)Syscall(SyscallNumber.Waitid, P_PID, pid, (nint)siginfo, options, 0, 0);
}
