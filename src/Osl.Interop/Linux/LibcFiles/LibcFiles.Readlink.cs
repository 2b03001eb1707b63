using System.Runtime.InteropServices;
using System.Text;

namespace Osl.Interop.Linux;

internal static partial class LibcFiles
{
    /// <summary>The target of a symbolic link (readlink(2)), or null.</summary>
    internal static unsafe string? Readlink(string path)
    {
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* start = buffer)
        {
            var length = Readlink(path, start, buffer.Length);
            // A target that fills the buffer may have been cut.
            return length <= 0 || length >= buffer.Length ? null : Encoding.UTF8.GetString(buffer[..(int)length]);
        }
    }

    [LibraryImport(Library, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Readlink(string path, byte* buffer, nint size);
}
