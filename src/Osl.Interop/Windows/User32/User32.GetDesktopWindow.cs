using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class User32
{
    /// <summary>GetDesktopWindow.</summary>
    [LibraryImport(Library, EntryPoint = "GetDesktopWindow")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial nint GetDesktopWindow();
}
