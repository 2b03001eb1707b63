using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcFiles
{
    /// <summary>Writes all of it at an offset (pwrite(2)).</summary>
    /// <returns>0 or an errno.</returns>
    internal static unsafe int WriteAll(int fd, ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* start = data)
        {
            for (var done = 0; done < data.Length; )
            {
                var written = Pwrite(fd, start + done, data.Length - done, (nint)(offset + done));
                if (written > 0)
                {
                    done += (int)written;
                }
                else if (written == 0)
                {
                    return Errno.EIO;
                }
                else if (LastError is var error and not Errno.EINTR)
                {
                    return error;
                }
            }
        }

        return 0;
    }

    [LibraryImport(Library, EntryPoint = "pwrite", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Pwrite(int fd, byte* buffer, nint count, nint offset);
}
