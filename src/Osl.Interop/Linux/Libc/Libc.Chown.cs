using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>As an owner or a group: leave it as it is.</summary>
    internal const uint KeepId = uint.MaxValue;

    /// <summary>chown(2).</summary>
    [LibraryImport(Library, EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Chown(string path, uint owner, uint group);
}
