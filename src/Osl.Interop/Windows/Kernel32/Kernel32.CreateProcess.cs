using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint CREATE_SUSPENDED = 4;
    internal const uint CREATE_NEW_PROCESS_GROUP = 0x200;
    internal const uint CREATE_UNICODE_ENVIRONMENT = 0x400;
    internal const uint EXTENDED_STARTUPINFO_PRESENT = 0x00080000;
    internal const uint CREATE_NO_WINDOW = 0x08000000;

    /// <summary>CreateProcessW with an extended start-up record. The command line is written to by the system.</summary>
    [LibraryImport(Library, EntryPoint = "CreateProcessW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int CreateProcess(
        string application,
        char* commandLine,
        nint processSecurity,
        nint threadSecurity,
        int inheritHandles,
        uint flags,
        char* environment,
        string directory,
        StartupInfoEx* startup,
        out ProcessInformation information
    );
}
