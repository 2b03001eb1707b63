using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>AssignProcessToJobObject.</summary>
    [LibraryImport(Library, EntryPoint = "AssignProcessToJobObject", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int AssignProcessToJobObject(Win32Handle job, Win32Handle process);
}
