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

    /// <summary>ioctl_tty(2): the size of a terminal, struct winsize.</summary>
    internal const uint TIOCGWINSZ = 0x5413;

    /// <summary>ioctl_tty(2): sets it; a change sends SIGWINCH to the foreground group.</summary>
    internal const uint TIOCSWINSZ = 0x5414;

    /// <summary>ioctl_tty(2): the number of a pseudo-terminal, by its master.</summary>
    internal const uint TIOCGPTN = 0x80045430;

    /// <summary>ioctl_tty(2): locks (not 0) or unlocks (0) the slave of a master.</summary>
    internal const uint TIOCSPTLCK = 0x40045431;

    /// <summary>ioctl(2).</summary>
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Ioctl(int fd, nuint request, byte* argument);
}
