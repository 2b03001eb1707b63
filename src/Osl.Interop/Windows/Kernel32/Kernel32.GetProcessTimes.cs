using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>GetProcessTimes, in units of 100 ns; creation and exit since 1601 (UTC).</summary>
    [LibraryImport(Library, EntryPoint = "GetProcessTimes", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int GetProcessTimes(Win32Handle process, out long creation, out long exit, out long kernel, out long user);
}
