using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint PIPE_ACCESS_INBOUND = 1;
    internal const uint PIPE_ACCESS_OUTBOUND = 2;
    internal const uint FILE_FLAG_FIRST_PIPE_INSTANCE = 0x00080000;
    internal const uint FILE_FLAG_OVERLAPPED = 0x40000000;
    internal const uint PIPE_REJECT_REMOTE_CLIENTS = 8;

    /// <summary>CreateNamedPipeW: the server end of a pipe.</summary>
    [LibraryImport(Library, EntryPoint = "CreateNamedPipeW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial Win32Handle CreateNamedPipe(
        string name,
        uint openMode,
        uint pipeMode,
        uint instances,
        uint outBuffer,
        uint inBuffer,
        uint timeout,
        SecurityAttributes* security
    );
}
