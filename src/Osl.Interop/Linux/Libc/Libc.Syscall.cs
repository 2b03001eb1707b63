using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// syscall(2): for what libc wraps differently or not at all. Declared with all six arguments: on x86-64 and arm64 a variadic
    /// function takes integers exactly as any other does.
    /// </summary>
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
