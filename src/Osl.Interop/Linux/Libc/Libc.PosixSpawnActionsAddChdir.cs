using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>posix_spawn_file_actions_addchdir_np(3), glibc 2.29, musl 1.1.24: the path is copied. Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawnActionsAddChdir(byte* actions, byte* path);
}
