using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>posix_spawnattr_setsigdefault(3). Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawnAttrSetSigdefault(byte* attributes, byte* set);
}
