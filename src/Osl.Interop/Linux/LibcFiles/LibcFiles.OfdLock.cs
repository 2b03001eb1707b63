using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcFiles
{
    internal const int F_OFD_SETLK = 37;
    internal const int F_OFD_SETLKW = 38;

    private const short F_WRLCK = 1;

    /// <summary>Locks the whole file for this open file description (fcntl_locking(2)): freed when its last descriptor closes.</summary>
    /// <param name="fd">Open for writing.</param>
    /// <param name="wait">Whether to wait for who holds it.</param>
    /// <returns>0, or -1 with EAGAIN when somebody else holds it.</returns>
    internal static int OfdLock(int fd, bool wait)
    {
        int result;
        do
        {
            var whole = new FileLock { Type = F_WRLCK };
            result = FcntlOfdLock(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, ref whole);
        } while (result < 0 && LastError == Errno.EINTR);

        return result;
    }

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FcntlOfdLock(int fd, int command, ref FileLock range);

    /// <summary>struct flock of 64-bit Linux. Start and length 0 mean the whole file; pid must be 0 for these commands.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Pid;
    }
}
