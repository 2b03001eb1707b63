using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>fdatasync(2). After a failure the pages count as clean: a second call that succeeds proves nothing.</summary>
    [LibraryImport(Library, EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Fdatasync(SafeFileHandle fd);
}
