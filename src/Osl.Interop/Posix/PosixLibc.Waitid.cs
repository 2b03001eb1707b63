using System.Runtime.InteropServices;

namespace Osl.Interop.Posix;

internal static partial class PosixLibc
{
    internal const int WNOHANG = 1;
    internal const int WEXITED = 4;

    /// <summary>idtype_t: one child, by its pid. The only one used here: P_ALL and P_PGID are never asked, they mean others' children too.</summary>
    internal const int P_PID = 1;

    /// <summary>Leave the child as it is, to be waited for once more.</summary>
    internal static int WNOWAIT => OperatingSystem.IsLinux() ? 0x01000000 : 0x20;

    /// <summary>A child has stopped.</summary>
    internal static int WSTOPPED => OperatingSystem.IsLinux() ? 2 : 8;

    /// <summary>waitid(3p).</summary>
    /// <param name="idType">P_PID.</param>
    /// <param name="id">A child.</param>
    /// <param name="info">At least 128 bytes, zeroed: with WNOHANG a pid of 0 in it says that nothing has happened yet.</param>
    /// <param name="options">WEXITED, WSTOPPED, and perhaps WNOHANG, WNOWAIT.</param>
    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Waitid(int idType, uint id, byte* info, int options);
}
