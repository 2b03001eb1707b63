using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcGuardian
{
    /// <summary>More than any libc's posix_spawn_file_actions_t (80 in glibc and musl).</summary>
    internal const int SpawnActionsSize = 256;

    /// <summary>posix_spawn_file_actions_init(3).</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int SpawnActionsInit(byte* actions);

    /// <summary>posix_spawn_file_actions_destroy(3).</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int SpawnActionsDestroy(byte* actions);

    /// <summary>posix_spawn_file_actions_adddup2(3).</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int SpawnActionsDup2(byte* actions, int fd, int to);

    /// <summary>posix_spawn_file_actions_addopen(3).</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addopen")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int SpawnActionsOpen(byte* actions, int to, byte* path, int flags, uint mode);

    /// <summary>
    /// posix_spawn_file_actions_addclosefrom_np(3), where the libc has it (glibc 2.34). Without it nothing is closed but what is
    /// marked to be: everything .NET opens.
    /// </summary>
    internal static unsafe int SpawnActionsCloseFrom(byte* actions, int from) =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addclosefrom_np", out var address)
            ? ((delegate* unmanaged<byte*, int, int>)address)(actions, from)
            : 0;
}
