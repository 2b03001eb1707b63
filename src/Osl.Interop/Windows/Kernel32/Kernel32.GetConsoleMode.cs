using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>GetConsoleMode: succeeds for a console handle only.</summary>
    [LibraryImport(Library, EntryPoint = "GetConsoleMode", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int GetConsoleMode(nint handle, out uint mode);
}
