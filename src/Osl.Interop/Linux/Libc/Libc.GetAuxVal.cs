using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>AT_SECURE: not 0 when this program was started with more privileges than its caller has (set-uid, set-gid, file capabilities).</summary>
    internal const nuint AT_SECURE = 23;

    /// <summary>getauxval(3): what the kernel told this program at its start.</summary>
    [LibraryImport(Library, EntryPoint = "getauxval")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nuint GetAuxVal(nuint type);
}
