using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcGuardian
{
    /// <summary>Sends a signal by pidfd (pidfd_send_signal(2), Linux 5.1): it never reaches another process. By number: 424.</summary>
    /// <param name="pidfd">Who.</param>
    /// <param name="signal">Which; 9 is SIGKILL.</param>
    internal static int PidfdKill(int pidfd, int signal) => (int)SyscallPidfdSendSignal(424, pidfd, signal, 0, 0);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SyscallPidfdSendSignal(nint number, int pidfd, int signal, nint info, uint flags);
}
