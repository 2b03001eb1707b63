using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>More than posix_spawn_file_actions_t has: 80 bytes in glibc and musl.</summary>
    internal const int PosixSpawnActionsSize = 256;

    /// <summary>posix_spawn_file_actions_init(3). Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawnActionsInit(byte* actions);
}
