using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>open(2) of an existing file, with a path of bytes that ends with NUL: for callers that don't allocate.</summary>
    [LibraryImport(Library, EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int OpenBytes(byte* path, int flags);
}
