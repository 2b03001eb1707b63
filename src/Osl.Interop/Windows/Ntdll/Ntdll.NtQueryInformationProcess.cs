using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Ntdll
{
    internal const int ProcessBreakOnTermination = 29;

    /// <summary>NtQueryInformationProcess.</summary>
    [LibraryImport(Library, EntryPoint = "NtQueryInformationProcess")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int NtQueryInformationProcess(Win32Handle process, int kind, out uint information, uint size, nint returned);
}
