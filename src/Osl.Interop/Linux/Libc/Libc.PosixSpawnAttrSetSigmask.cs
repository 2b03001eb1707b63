using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>posix_spawnattr_setsigmask(3). Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PosixSpawnAttrSetSigmask(byte* attributes, byte* set);
}
