using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>UnregisterWaitEx. With completion -1 it returns when no callback runs any more.</summary>
    [LibraryImport(Library, EntryPoint = "UnregisterWaitEx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int UnregisterWaitEx(nint wait, nint completion);
}
