using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>CreateIoCompletionPort.</summary>
    [LibraryImport(Library, EntryPoint = "CreateIoCompletionPort", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial Win32Handle CreateIoCompletionPort(nint file, nint existing, nuint key, uint threads);
}
