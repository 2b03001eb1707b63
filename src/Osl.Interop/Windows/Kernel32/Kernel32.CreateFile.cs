using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint GENERIC_READ = 0x80000000;
    internal const uint GENERIC_WRITE = 0x40000000;
    internal const uint FILE_READ_ATTRIBUTES = 0x80;
    internal const uint FILE_TRAVERSE = 0x20;
    internal const uint FILE_SHARE_READ = 1;
    internal const uint FILE_SHARE_WRITE = 2;
    internal const uint FILE_SHARE_DELETE = 4;
    internal const uint OPEN_EXISTING = 3;
    internal const uint FILE_FLAG_BACKUP_SEMANTICS = 0x02000000;
    internal const uint SECURITY_SQOS_PRESENT = 0x00100000;

    /// <summary>CreateFileW: opens a file, a directory, the null device or the client end of a pipe.</summary>
    [LibraryImport(Library, EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial Win32Handle CreateFile(
        string name,
        uint access,
        uint share,
        SecurityAttributes* security,
        uint disposition,
        uint flags,
        nint template
    );
}
