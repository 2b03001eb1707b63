using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int F_GETFD = 1;
    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>How many bytes a pipe holds; EPERM beyond what a user may have in all (pipe(7), /proc/sys/fs/pipe-user-pages-soft).</summary>
    internal const int F_SETPIPE_SZ = 1031;

    /// <summary>Take an open-file-description lock, or fail with EAGAIN. The argument points to a struct flock.</summary>
    internal const int F_OFD_SETLK = 37;

    /// <summary>Take an open-file-description lock, however long that takes.</summary>
    internal const int F_OFD_SETLKW = 38;

    internal const int F_SETFD = 2;
    internal const int FD_CLOEXEC = 1;

    /// <summary>fcntl(2) for the commands above. Variadic, hence the argument of full width.</summary>
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Fcntl(int fd, int command, nint argument);
}
