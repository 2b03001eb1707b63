using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>PostQueuedCompletionStatus: wakes who waits at the port.</summary>
    [LibraryImport(Library, EntryPoint = "PostQueuedCompletionStatus", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int PostQueuedCompletionStatus(Win32Handle port, uint bytes, nuint key, nint overlapped);
}
