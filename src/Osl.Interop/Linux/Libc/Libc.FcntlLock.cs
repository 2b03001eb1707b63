using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Take an open-file-description lock, or fail with EAGAIN.</summary>
    internal const int F_OFD_SETLK = 37;

    /// <summary>Take an open-file-description lock, however long that takes.</summary>
    internal const int F_OFD_SETLKW = 38;

    internal const short F_WRLCK = 1;
    internal const short F_UNLCK = 2;

    /// <summary>
    /// fcntl(2) with F_OFD_SETLK or F_OFD_SETLKW. Such a lock belongs to the open file description: two of one process exclude each
    /// other, and closing an unrelated descriptor of the same file does not drop it, as it would with F_SETLK.
    /// </summary>
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int FcntlLock(SafeFileHandle fd, int command, ref Flock range);

    /// <summary>struct flock of 64-bit Linux. <see cref="Pid"/> must be 0 for the OFD commands.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Flock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Pid;
    }
}
