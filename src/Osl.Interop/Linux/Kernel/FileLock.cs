using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Linux;

/// <summary>
/// Locks of open file descriptions (fcntl_locking(2)): two of one process exclude each other, and closing an unrelated descriptor of
/// the same file does not drop one, as it would with F_SETLK. Freed when the last descriptor of the open file closes.
/// </summary>
internal static class FileLock
{
    private const short F_WRLCK = 1;
    private const short F_UNLCK = 2;

    /// <summary>Locks the bytes of a range for writing; a length of 0 means to the end, however far that moves.</summary>
    /// <param name="file">Open for writing.</param>
    /// <param name="wait">Whether to wait for who holds it.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="length">How many.</param>
    /// <returns>0, or the error number: EAGAIN when somebody else holds it.</returns>
    internal static int Take(SafeFileHandle file, bool wait, long start = 0, long length = 0) =>
        Set(file, wait ? Libc.F_OFD_SETLKW : Libc.F_OFD_SETLK, F_WRLCK, start, length);

    /// <summary>Gives the bytes of a range back.</summary>
    /// <param name="file">Whose.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="length">How many.</param>
    /// <returns>0, or the error number.</returns>
    internal static int Release(SafeFileHandle file, long start, long length) => Set(file, Libc.F_OFD_SETLK, F_UNLCK, start, length);

    private static unsafe int Set(SafeFileHandle file, int command, short type, long start, long length)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            int error;
            do
            {
                var range = new Flock
                {
                    Type = type,
                    Start = start,
                    Length = length,
                };
                error = Libc.Fcntl((int)file.DangerousGetHandle(), command, (nint)(&range)) < 0 ? Libc.LastError : 0;
            } while (error == Errno.EINTR);

            return error == Errno.EACCES ? Errno.EAGAIN : error;
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>struct flock of 64-bit Linux. <see cref="Pid"/> must be 0 for these commands.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Flock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Pid;
    }
}
