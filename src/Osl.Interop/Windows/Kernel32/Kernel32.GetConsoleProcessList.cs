using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>GetConsoleProcessList: who shares our console; 0 when we have none.</summary>
    [LibraryImport(Library, EntryPoint = "GetConsoleProcessList", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial uint GetConsoleProcessList(uint* pids, uint count);
}
