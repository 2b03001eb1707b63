using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>posix_spawnattr_setpgroup(3). Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setpgroup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawnAttrSetPgroup(byte* attributes, int pgroup);
}
