using System.Runtime.InteropServices;

namespace Osl.Interop.Posix;

internal static partial class PosixLibc
{
    /// <summary>wait4(2): waitpid that also tells what was used; not in POSIX, but in Linux, macOS and the BSDs.</summary>
    /// <param name="pid">A child; never 0 or negative, which mean others too.</param>
    /// <param name="status">As waitpid(3p) has it.</param>
    /// <param name="options">WNOHANG, or 0.</param>
    /// <param name="usage">At least 144 bytes, struct rusage.</param>
    [LibraryImport(Library, EntryPoint = "wait4", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Wait4(int pid, int* status, int options, byte* usage);
}
