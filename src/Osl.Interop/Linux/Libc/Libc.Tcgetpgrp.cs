using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>tcgetpgrp(3): the foreground process group of a terminal.</summary>
    [LibraryImport(Library, EntryPoint = "tcgetpgrp", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Tcgetpgrp(int fd);
}
