using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>PeekNamedPipe: how many bytes lie in a pipe.</summary>
    [LibraryImport(Library, EntryPoint = "PeekNamedPipe", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int PeekNamedPipe(SafeHandle pipe, nint buffer, uint size, nint read, out uint available, nint left);
}
