using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint FILE_TYPE_DISK = 1;

    /// <summary>GetFileType: disk file, character device or pipe.</summary>
    [LibraryImport(Library, EntryPoint = "GetFileType", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial uint GetFileType(Win32Handle file);
}
