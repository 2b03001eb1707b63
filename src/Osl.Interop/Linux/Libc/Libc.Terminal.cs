using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>isatty(3).</summary>
    [LibraryImport(Library, EntryPoint = "isatty", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Isatty(int fd);

    /// <summary>tcgetpgrp(3): the foreground process group of a terminal.</summary>
    [LibraryImport(Library, EntryPoint = "tcgetpgrp", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Tcgetpgrp(int fd);

    /// <summary>tcsetpgrp(3). Stops a background caller by SIGTTOU unless its thread blocks that.</summary>
    [LibraryImport(Library, EntryPoint = "tcsetpgrp", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Tcsetpgrp(int fd, int pgrp);
}
