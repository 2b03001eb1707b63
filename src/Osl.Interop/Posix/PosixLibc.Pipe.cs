using System.Runtime.InteropServices;

namespace Osl.Interop.Posix;

internal static partial class PosixLibc
{
    /// <summary>pipe(3p).</summary>
    /// <param name="ends">Two: the reading and the writing one.</param>
    [LibraryImport(Library, EntryPoint = "pipe", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Pipe(int* ends);
}
