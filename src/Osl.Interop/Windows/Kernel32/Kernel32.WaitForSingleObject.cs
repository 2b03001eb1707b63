using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>WaitForSingleObject: 0 when it is signalled.</summary>
    [LibraryImport(Library, EntryPoint = "WaitForSingleObject", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial uint WaitForSingleObject(Win32Handle handle, uint milliseconds);
}
