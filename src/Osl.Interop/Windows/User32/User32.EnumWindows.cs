using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class User32
{
    /// <summary>EnumWindows: every top-level window, as long as the callback answers 1.</summary>
    [LibraryImport(Library, EntryPoint = "EnumWindows", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int EnumWindows(delegate* unmanaged<nint, nint, int> callback, nint context);
}
