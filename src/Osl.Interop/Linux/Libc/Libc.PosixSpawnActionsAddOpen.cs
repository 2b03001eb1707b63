using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>posix_spawn_file_actions_addopen(3): the path is copied. Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addopen")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawnActionsAddOpen(byte* actions, int fd, byte* path, int flags, int mode);
}
