using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_CLOEXEC = 0x80000;

    /// <summary>socketpair(2).</summary>
    /// <param name="domain">AF_UNIX.</param>
    /// <param name="type">With SOCK_CLOEXEC.</param>
    /// <param name="protocol">0.</param>
    /// <param name="pair">Room for two descriptors.</param>
    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Socketpair(int domain, int type, int protocol, int* pair);
}
