using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcGuardian
{
    /// <summary>pidfd_open(2), Linux 5.3. By number, since glibc has the function from 2.36 on only; 434 on every architecture.</summary>
    /// <param name="pid">Which process.</param>
    /// <returns>A descriptor, closed on exec, or -1.</returns>
    internal static int PidfdOpen(int pid) => (int)SyscallPidfdOpen(434, pid, 0);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SyscallPidfdOpen(nint number, int pid, uint flags);
}
