using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>tcsetpgrp(3). Stops a background caller by SIGTTOU unless its thread blocks that.</summary>
    [LibraryImport(Library, EntryPoint = "tcsetpgrp", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Tcsetpgrp(int fd, int pgrp);
}
