using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int RLIMIT_FSIZE = 1;
    internal const int RLIMIT_NPROC = 6;
    internal const int RLIMIT_NOFILE = 7;
    internal const int RLIMIT_AS = 9;
    internal const ulong RLIM_INFINITY = ulong.MaxValue;

    /// <summary>struct rlimit of a 64-bit libc.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        internal ulong Soft;
        internal ulong Hard;
    }

    /// <summary>getrlimit(2). The numbers are those of every architecture that .NET runs on under Linux.</summary>
    [LibraryImport(Library, EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int GetRlimit(int resource, out ResourceLimit limit);
}
