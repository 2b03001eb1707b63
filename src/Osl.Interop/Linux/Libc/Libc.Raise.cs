using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>raise(3): to the calling thread, hence taken before this returns; a stop is over when it does.</summary>
    [LibraryImport(Library, EntryPoint = "raise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Raise(int signal);
}
