using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Ntdll
{
    /// <summary>RtlNtStatusToDosError: the Win32 code of an NTSTATUS.</summary>
    [LibraryImport(Library, EntryPoint = "RtlNtStatusToDosError")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial uint RtlNtStatusToDosError(int status);
}
