using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>getgroups(2): how many supplementary groups there are, with 0 for the room; else how many were written.</summary>
    [LibraryImport(Library, EntryPoint = "getgroups", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int GetGroups(int room, uint* groups);
}
