using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>getpgid(2): the process group of any process, zombies included; -1 when it is gone. Needs no permission.</summary>
    [LibraryImport(Library, EntryPoint = "getpgid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int GetPgid(int pid);
}
