using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>AttachConsole: to the console of a process.</summary>
    [LibraryImport(Library, EntryPoint = "AttachConsole", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int AttachConsole(uint pid);
}
