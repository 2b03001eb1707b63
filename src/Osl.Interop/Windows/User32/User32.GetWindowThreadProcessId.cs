using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class User32
{
    /// <summary>GetWindowThreadProcessId.</summary>
    [LibraryImport(Library, EntryPoint = "GetWindowThreadProcessId", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial uint GetWindowThreadProcessId(nint window, out uint pid);
}
