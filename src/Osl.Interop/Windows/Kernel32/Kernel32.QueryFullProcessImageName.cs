using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>QueryFullProcessImageNameW: the path of a running program.</summary>
    [LibraryImport(Library, EntryPoint = "QueryFullProcessImageNameW", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int QueryFullProcessImageName(Win32Handle process, uint flags, char* name, ref uint length);
}
