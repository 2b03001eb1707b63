using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Whether exec can raise no privileges (PR_GET_NO_NEW_PRIVS(2const)).</summary>
    internal const int PR_GET_NO_NEW_PRIVS = 39;

    /// <summary>prctl(2), for the options that take numbers only and answer with one.</summary>
    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
