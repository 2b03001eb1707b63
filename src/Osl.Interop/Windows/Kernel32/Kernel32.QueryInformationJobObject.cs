using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const int JobObjectBasicAccountingInformation = 1;
    internal const int JobObjectBasicProcessIdList = 3;

    /// <summary>QueryInformationJobObject.</summary>
    [LibraryImport(Library, EntryPoint = "QueryInformationJobObject", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int QueryInformationJobObject(Win32Handle job, int kind, void* information, uint size, uint* returned);
}
