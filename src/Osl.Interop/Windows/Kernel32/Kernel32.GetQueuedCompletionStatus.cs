using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO = 4;
    internal const uint INFINITE = 0xFFFFFFFF;

    /// <summary>GetQueuedCompletionStatus. For a job the count of bytes is the message and the overlapped pointer the pid.</summary>
    [LibraryImport(Library, EntryPoint = "GetQueuedCompletionStatus", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int GetQueuedCompletionStatus(
        Win32Handle port,
        out uint bytes,
        out nuint key,
        out nint overlapped,
        uint milliseconds
    );
}
