using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>IsProcessInJob: of the job, or of one nested in it.</summary>
    [LibraryImport(Library, EntryPoint = "IsProcessInJob", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int IsProcessInJob(Win32Handle process, Win32Handle job, out int result);
}
