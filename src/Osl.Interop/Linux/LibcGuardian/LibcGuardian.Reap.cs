using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcGuardian
{
    private const int P_PIDFD = 3;
    private const int WNOHANG = 1;
    private const int WEXITED = 4;

    /// <summary>
    /// Reaps one child of ours if it has ended, and nobody else's (waitid(2) with P_PIDFD, Linux 5.4): System.Diagnostics.Process
    /// keeps its own.
    /// </summary>
    /// <param name="pidfd">The child.</param>
    /// <returns>True when it is gone: just reaped, or reaped by somebody else; false while it lives.</returns>
    internal static unsafe bool Reap(int pidfd)
    {
        // siginfo_t has 128 bytes; si_pid, at 16 (or 12 on some), stays 0 while the child lives. si_signo, at 0, does so everywhere.
        var info = stackalloc int[32];
        info[0] = 0;
        int result;
        do
        {
            result = Waitid(P_PIDFD, pidfd, info, WEXITED | WNOHANG, 0);
        } while (result < 0 && LastError == Errno.EINTR);

        return result < 0 || info[0] != 0;
    }

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Waitid(int kind, int id, int* info, int options, nint usage);
}
