using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>GetFinalPathNameByHandleW: the path of an open file, with the \\?\ prefix; the length, or the length that is needed.</summary>
    [LibraryImport(Library, EntryPoint = "GetFinalPathNameByHandleW", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial uint GetFinalPathNameByHandle(Win32Handle file, char* path, uint length, uint flags);
}
