using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint CTRL_C_EVENT = 0;
    internal const uint CTRL_BREAK_EVENT = 1;

    /// <summary>GenerateConsoleCtrlEvent, within our console.</summary>
    [LibraryImport(Library, EntryPoint = "GenerateConsoleCtrlEvent", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int GenerateConsoleCtrlEvent(uint controlEvent, uint group);
}
