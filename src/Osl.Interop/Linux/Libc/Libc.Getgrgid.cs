using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>getgrgid_r(3), as <see cref="GetPasswordByName"/>.</summary>
    [LibraryImport(Library, EntryPoint = "getgrgid_r")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int GetGroupById(uint gid, GroupEntry* entry, byte* buffer, nint length, GroupEntry** result);
}
