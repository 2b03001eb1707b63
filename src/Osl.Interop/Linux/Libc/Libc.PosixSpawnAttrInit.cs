using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>More than posix_spawnattr_t has: 336 bytes in glibc and musl.</summary>
    internal const int PosixSpawnAttributesSize = 512;

    /// <summary>posix_spawnattr_init(3). Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawnAttrInit(byte* attributes);
}
