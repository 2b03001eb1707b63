namespace Osl.Interop.Linux;

internal static partial class Libc
{
    private const int P_ALL = 0;

    /// <summary>
    /// waitid(2) over all children, which may be anybody's in this process: only to look (WNOWAIT) and without waiting (WNOHANG). Taking one would
    /// steal it (adr/0012-linux-exit-watching.md).
    /// </summary>
    /// <param name="siginfo">At least 128 bytes, zeroed: a pid of 0 in it says that none has ended.</param>
    internal static unsafe int PeekAnyEnded(byte* siginfo) =>
        (int)Syscall(SyscallNumber.Waitid, P_ALL, 0, (nint)siginfo, WEXITED | WNOHANG | WNOWAIT, 0, 0);
}
