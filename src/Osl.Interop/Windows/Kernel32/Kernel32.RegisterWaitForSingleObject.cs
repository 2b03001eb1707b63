using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint WT_EXECUTEINWAITTHREAD = 4;
    internal const uint WT_EXECUTEONLYONCE = 8;

    /// <summary>RegisterWaitForSingleObject: the system pool waits, without a thread for each 63 as the runtime pool would need.</summary>
    [LibraryImport(Library, EntryPoint = "RegisterWaitForSingleObject", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int RegisterWaitForSingleObject(
        out nint wait,
        Win32Handle handle,
        delegate* unmanaged<nint, byte, void> callback,
        nint context,
        uint milliseconds,
        uint flags
    );
}
