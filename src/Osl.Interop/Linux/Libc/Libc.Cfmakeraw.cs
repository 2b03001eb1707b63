using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>cfmakeraw(3): modes by which every key goes through as it is, and every byte comes out as it is.</summary>
    [LibraryImport(Library, EntryPoint = "cfmakeraw")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial void Cfmakeraw(byte* modes);
}
