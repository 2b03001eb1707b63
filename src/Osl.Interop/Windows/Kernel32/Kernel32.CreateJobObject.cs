using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>CreateJobObjectW. An existing one of the name is opened: ask for ERROR_ALREADY_EXISTS.</summary>
    [LibraryImport(Library, EntryPoint = "CreateJobObjectW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial Win32Handle CreateJobObject(SecurityAttributes* security, string? name);
}
