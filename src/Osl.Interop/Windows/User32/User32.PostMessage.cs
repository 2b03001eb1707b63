using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class User32
{
    internal const uint WM_CLOSE = 0x10;

    /// <summary>PostMessageW.</summary>
    [LibraryImport(Library, EntryPoint = "PostMessageW", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int PostMessage(nint window, uint message, nuint wide, nint narrow);
}
