using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>TerminateJobObject: ends every member.</summary>
    [LibraryImport(Library, EntryPoint = "TerminateJobObject", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int TerminateJobObject(Win32Handle job, uint exitCode);
}
