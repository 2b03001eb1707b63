using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcGuardian
{
    private const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>A duplicate, closed on exec, that is not one of the first ten descriptors (fcntl(2)).</summary>
    /// <param name="fd">What to duplicate.</param>
    internal static int DuplicateHigh(int fd) => FcntlDuplicate(fd, F_DUPFD_CLOEXEC, 10);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FcntlDuplicate(int fd, int command, int lowest);
}
