using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>FreeConsole.</summary>
    [LibraryImport(Library, EntryPoint = "FreeConsole", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int FreeConsole();
}
