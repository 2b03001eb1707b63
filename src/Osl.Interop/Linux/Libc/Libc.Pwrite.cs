using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>pwrite(2).</summary>
    [LibraryImport(Library, EntryPoint = "pwrite", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial nint Pwrite(int fd, byte* buffer, nint count, nint offset);
}
