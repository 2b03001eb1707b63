using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>posix_spawn_file_actions_addclose(3). Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addclose")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawnActionsAddClose(byte* actions, int fd);
}
