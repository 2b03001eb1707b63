using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>fchmod(2): the mode as it is given, whatever the umask.</summary>
    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Fchmod(int fd, int mode);
}
