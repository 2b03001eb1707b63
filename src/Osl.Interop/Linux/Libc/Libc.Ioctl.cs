using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>ioctl_pidfd(2), Linux 6.13; with the exit status from 6.15. The structure's first size: 64 bytes.</summary>
    internal const uint PIDFD_GET_INFO = 0xC040FF0B;

    /// <summary>The bit of the request, and of the answer, for the exit status.</summary>
    internal const ulong PIDFD_INFO_EXIT = 1 << 3;

    /// <summary>ioctl_tty(2); with argument 0, the value of TCIFLUSH: what was typed and not read is thrown away.</summary>
    internal const nuint TCFLSH = 0x540B;

    /// <summary>ioctl(2).</summary>
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Ioctl(int fd, nuint request, byte* argument);
}
