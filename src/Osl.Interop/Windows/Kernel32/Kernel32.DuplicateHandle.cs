using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint DUPLICATE_SAME_ACCESS = 2;

    /// <summary>DuplicateHandle.</summary>
    [LibraryImport(Library, EntryPoint = "DuplicateHandle", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int DuplicateHandle(
        nint fromProcess,
        nint handle,
        nint toProcess,
        out nint duplicate,
        uint access,
        int inherit,
        uint options
    );
}
