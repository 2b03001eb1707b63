using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Ntdll
{
    /// <summary>NtResumeProcess: every thread, one level up.</summary>
    [LibraryImport(Library, EntryPoint = "NtResumeProcess")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int NtResumeProcess(Win32Handle process);
}
