using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Ntdll
{
    /// <summary>NtSuspendProcess: every thread, one level deeper.</summary>
    [LibraryImport(Library, EntryPoint = "NtSuspendProcess")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int NtSuspendProcess(Win32Handle process);
}
