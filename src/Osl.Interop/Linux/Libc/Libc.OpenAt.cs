using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>openat(2). The flags are those of <see cref="Open"/>.</summary>
    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int OpenAt(int directory, string path, int flags, int mode);
}
