using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>SetConsoleCtrlHandler.</summary>
    [LibraryImport(Library, EntryPoint = "SetConsoleCtrlHandler", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int SetConsoleCtrlHandler(delegate* unmanaged<uint, int> handler, int add);
}
