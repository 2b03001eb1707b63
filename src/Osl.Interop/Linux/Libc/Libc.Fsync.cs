using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>fsync(2): for a directory, makes the names in it durable.</summary>
    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Fsync(SafeFileHandle fd);
}
