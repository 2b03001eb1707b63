using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>GetExitCodeProcess. Ask only when the process has ended: 259 is an exit code, too.</summary>
    [LibraryImport(Library, EntryPoint = "GetExitCodeProcess", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int GetExitCodeProcess(Win32Handle process, out uint exitCode);
}
