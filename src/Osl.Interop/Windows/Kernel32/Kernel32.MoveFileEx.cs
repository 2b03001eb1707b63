using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint MOVEFILE_REPLACE_EXISTING = 1;
    internal const uint MOVEFILE_WRITE_THROUGH = 8;

    /// <summary>MoveFileExW (winbase.h). Without MOVEFILE_REPLACE_EXISTING a name that is there is an error. False: see GetLastError.</summary>
    [LibraryImport(Library, EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool MoveFileEx(string existingFileName, string newFileName, uint flags);
}
