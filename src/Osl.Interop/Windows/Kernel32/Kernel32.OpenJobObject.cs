using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint JOB_OBJECT_ASSIGN_PROCESS = 1;
    internal const uint JOB_OBJECT_QUERY = 4;
    internal const uint JOB_OBJECT_TERMINATE = 8;

    /// <summary>OpenJobObjectW.</summary>
    [LibraryImport(Library, EntryPoint = "OpenJobObjectW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial Win32Handle OpenJobObject(uint access, int inherit, string name);
}
