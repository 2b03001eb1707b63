using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>When what was written has gone out.</summary>
    internal const int TCSADRAIN = 1;

    /// <summary>tcsetattr(3). Stops a background caller by SIGTTOU unless its thread blocks that.</summary>
    [LibraryImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Tcsetattr(int fd, int when, byte* modes);
}
