namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_EACCESS = 0x200;
    internal const int AT_EMPTY_PATH = 0x1000;

    /// <summary>statx(2), Linux 4.11, by the raw call: its structure is the same on every architecture and in every libc.</summary>
    /// <param name="directory">A directory, or the file itself with AT_EMPTY_PATH.</param>
    /// <param name="path">Ends with NUL.</param>
    /// <param name="flags">AT_….</param>
    /// <param name="mask">Which fields.</param>
    /// <param name="buffer">256 bytes.</param>
    internal static unsafe int Statx(int directory, byte* path, int flags, uint mask, byte* buffer) =>
        (int)Syscall(SyscallNumber.Statx, directory, (nint)path, flags, (nint)mask, (nint)buffer, 0);
}
