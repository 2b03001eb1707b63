using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>GetCurrentProcess: a pseudo handle, always -1; nothing to close.</summary>
    [LibraryImport(Library, EntryPoint = "GetCurrentProcess")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial nint GetCurrentProcess();
}
