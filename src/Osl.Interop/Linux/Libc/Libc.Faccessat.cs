using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int X_OK = 1;

    /// <summary>faccessat2(2), Linux 5.8: the one that knows flags.</summary>
    internal static unsafe int Faccessat2(int directory, byte* path, int mode, int flags) =>
        (int)Syscall(SyscallNumber.Faccessat2, directory, (nint)path, mode, flags, 0, 0);

    /// <summary>access(2): with the real uid.</summary>
    [LibraryImport(Library, EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Access(string path, int mode);
}
