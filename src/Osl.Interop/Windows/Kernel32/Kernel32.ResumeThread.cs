using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>ResumeThread: the suspend count before, or uint.MaxValue.</summary>
    [LibraryImport(Library, EntryPoint = "ResumeThread", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial uint ResumeThread(Win32Handle thread);
}
