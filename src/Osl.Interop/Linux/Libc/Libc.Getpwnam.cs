using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>struct passwd of 64-bit glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct PasswordEntry
    {
        internal byte* Name;
        internal byte* Password;
        internal uint Uid;
        internal uint Gid;
        internal byte* Gecos;
        internal byte* Directory;
        internal byte* Shell;
    }

    /// <summary>getpwnam_r(3): 0 with a null result for nobody of that name, or the error number (ERANGE: the buffer is too small).</summary>
    [LibraryImport(Library, EntryPoint = "getpwnam_r", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int GetPasswordByName(
        string name,
        PasswordEntry* entry,
        byte* buffer,
        nint length,
        PasswordEntry** result
    );
}
