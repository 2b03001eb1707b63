using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>TerminateProcess.</summary>
    [LibraryImport(Library, EntryPoint = "TerminateProcess", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int TerminateProcess(Win32Handle process, uint exitCode);
}
