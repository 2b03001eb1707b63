using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>struct group of 64-bit glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct GroupEntry
    {
        internal byte* Name;
        internal byte* Password;
        internal uint Gid;
        internal byte** Members;
    }

    /// <summary>getgrnam_r(3), as <see cref="GetPasswordByName"/>.</summary>
    [LibraryImport(Library, EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int GetGroupByName(string name, GroupEntry* entry, byte* buffer, nint length, GroupEntry** result);
}
