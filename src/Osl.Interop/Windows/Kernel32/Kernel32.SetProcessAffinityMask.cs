using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>SetProcessAffinityMask, within the processor group of the process.</summary>
    [LibraryImport(Library, EntryPoint = "SetProcessAffinityMask", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int SetProcessAffinityMask(Win32Handle process, nuint mask);
}
