using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcGuardian
{
    /// <summary>posix_spawn(3).</summary>
    /// <returns>0 or an errno; that of execve too.</returns>
    [LibraryImport(Library, EntryPoint = "posix_spawn")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawn(
        int* pid,
        byte* path,
        byte* actions,
        byte* attributes,
        byte** arguments,
        byte** environment
    );
}
