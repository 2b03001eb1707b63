using System.Globalization;
using System.Text;

namespace Osl.Interop.Linux;

/// <summary>What is thinly laid on file descriptors.</summary>
internal static class Descriptor
{
    /// <summary>Where /proc shows an open descriptor of this process.</summary>
    internal static string ProcPath(int fd) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}");

    /// <summary>The real path of an open file, symbolic links followed; null when it can't be told.</summary>
    internal static unsafe string? RealPath(int fd)
    {
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* start = buffer)
        {
            var length = Libc.Readlink(ProcPath(fd), start, buffer.Length);
            return length is > 0 and < 4096 ? Encoding.UTF8.GetString(buffer[..(int)length]) : null;
        }
    }

    /// <summary>
    /// A pipe, close-on-exec, neither end numbered 0 to 2: a host may have these closed, and dup2 in the child would then overwrite
    /// one end with another, or the host's own console write into a child's input.
    /// </summary>
    /// <returns>The error number, or 0.</returns>
    internal static unsafe int Pipe(out int reader, out int writer)
    {
        var ends = stackalloc int[2];
        reader = writer = -1;
        if (Libc.Pipe2(ends, Libc.O_CLOEXEC) < 0)
        {
            return Libc.LastError;
        }

        (reader, writer) = (ends[0], ends[1]);
        var error = MoveUp(ref reader);
        error = error == 0 ? MoveUp(ref writer) : error;
        if (error != 0)
        {
            _ = Libc.Close(reader);
            _ = Libc.Close(writer);
        }

        return error;
    }

    /// <summary>Makes reads and writes answer EAGAIN instead of waiting.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static int SetNonBlocking(int fd)
    {
        var flags = Libc.Fcntl(fd, Libc.F_GETFL, 0);
        return flags < 0 || Libc.Fcntl(fd, Libc.F_SETFL, flags | Libc.O_NONBLOCK) < 0 ? Libc.LastError : 0;
    }

    /// <summary>Whether a program started now would find this descriptor open.</summary>
    internal static bool IsInheritable(int fd)
    {
        var flags = Libc.Fcntl(fd, Libc.F_GETFD, 0);
        return flags >= 0 && (flags & Libc.FD_CLOEXEC) == 0;
    }

    private static int MoveUp(ref int fd)
    {
        if (fd > 2)
        {
            return 0;
        }

        var moved = Libc.Fcntl(fd, Libc.F_DUPFD_CLOEXEC, 3);
        if (moved < 0)
        {
            return Libc.LastError;
        }

        _ = Libc.Close(fd);
        fd = moved;
        return 0;
    }
}
