using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>struct termios is 60 bytes with glibc and musl on x86-64 and arm64; here it is kept and put back, never read.</summary>
    internal const int TermiosSize = 64;

    /// <summary>tcgetattr(3): the modes of a terminal.</summary>
    [LibraryImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Tcgetattr(int fd, byte* modes);
}
