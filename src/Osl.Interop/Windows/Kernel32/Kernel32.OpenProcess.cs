using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint PROCESS_TERMINATE = 1;
    internal const uint PROCESS_DUP_HANDLE = 0x40;
    internal const uint PROCESS_SET_QUOTA = 0x100;
    internal const uint PROCESS_SUSPEND_RESUME = 0x800;
    internal const uint PROCESS_QUERY_INFORMATION = 0x400;
    internal const uint PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
    internal const uint SYNCHRONIZE = 0x00100000;

    /// <summary>OpenProcess: as long as the handle is open, the pid is not given to another process.</summary>
    [LibraryImport(Library, EntryPoint = "OpenProcess", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial Win32Handle OpenProcess(uint access, int inherit, uint pid);
}
