using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const int JobObjectAssociateCompletionPortInformation = 7;
    internal const int JobObjectExtendedLimitInformation = 9;
    internal const int JobObjectCpuRateControlInformation = 15;

    /// <summary>SetInformationJobObject.</summary>
    [LibraryImport(Library, EntryPoint = "SetInformationJobObject", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int SetInformationJobObject(Win32Handle job, int kind, void* information, uint size);
}
