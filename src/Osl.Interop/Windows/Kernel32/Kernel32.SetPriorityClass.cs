using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint IDLE_PRIORITY_CLASS = 0x40;
    internal const uint BELOW_NORMAL_PRIORITY_CLASS = 0x4000;
    internal const uint NORMAL_PRIORITY_CLASS = 0x20;
    internal const uint ABOVE_NORMAL_PRIORITY_CLASS = 0x8000;
    internal const uint HIGH_PRIORITY_CLASS = 0x80;

    /// <summary>SetPriorityClass.</summary>
    [LibraryImport(Library, EntryPoint = "SetPriorityClass", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int SetPriorityClass(Win32Handle process, uint priorityClass);
}
