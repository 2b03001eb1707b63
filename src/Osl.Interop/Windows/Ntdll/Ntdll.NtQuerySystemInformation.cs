using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Ntdll
{
    internal const int SystemProcessInformation = 5;
    internal const int STATUS_INFO_LENGTH_MISMATCH = unchecked((int)0xC0000004);

    /// <summary>NtQuerySystemInformation.</summary>
    [LibraryImport(Library, EntryPoint = "NtQuerySystemInformation")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int NtQuerySystemInformation(int kind, void* information, uint size, out uint needed);
}
