using System.Globalization;
using System.Text;

namespace Osl.Interop.Linux;

/// <summary>What is thinly laid on file descriptors.</summary>
internal static class Descriptor
{
    /// <summary>Where /proc shows an open descriptor of this process.</summary>
    internal static string ProcPath(int fd) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}");

    /// <summary>The real path of an open file, symbolic links followed; null when it can't be told.</summary>
    internal static string? RealPath(int fd) => LinkTarget(ProcPath(fd));

    /// <summary>Where a symbolic link leads; null when it is none or can't be read.</summary>
    internal static unsafe string? LinkTarget(string path)
    {
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* start = buffer)
        {
            var length = Libc.Readlink(path, start, buffer.Length);
            // A target that fills the buffer may have been cut.
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

    /// <summary>What a pipe holds unless it is told otherwise (pipe(7)): who reads so much at once has found it full.</summary>
    internal const int PipeSize = 64 * 1024;

    /// <summary>
    /// Lets a pipe hold 1 MiB, for one that was found full: then who writes and who reads need not take turns. Without effect where a
    /// user has no more to give, or on what is no pipe.
    /// </summary>
    internal static void WidenPipe(int fd) => _ = Libc.Fcntl(fd, Libc.F_SETPIPE_SZ, 1 << 20);

    /// <summary>Writes all of it at an offset.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static unsafe int WriteAll(int fd, ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* start = data)
        {
            for (var done = 0; done < data.Length; )
            {
                var written = Libc.Pwrite(fd, start + done, data.Length - done, (nint)(offset + done));
                if (written > 0)
                {
                    done += (int)written;
                }
                else if (written == 0)
                {
                    return Errno.EIO;
                }
                else if (Libc.LastError is var error and not Errno.EINTR)
                {
                    return error;
                }
            }
        }

        return 0;
    }

    /// <summary>Waits until a descriptor can be read, or is at its end. A pidfd can be when its process has ended.</summary>
    /// <param name="fd">Which one.</param>
    /// <param name="milliseconds">How long; -1 for ever.</param>
    /// <returns>Whether it can; false when the time is over.</returns>
    internal static bool WaitReadable(int fd, int milliseconds)
    {
        var deadline = Environment.TickCount64 + milliseconds;
        while (true)
        {
            var left = milliseconds < 0 ? -1 : (int)Math.Max(0, deadline - Environment.TickCount64);
            var request = new Libc.PollDescriptor { Descriptor = fd, Events = Libc.POLLIN };
            var ready = Libc.Poll(ref request, 1, left);
            if (ready >= 0 || Libc.LastError != Errno.EINTR)
            {
                return ready > 0;
            }
        }
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

    /// <summary>Gives a descriptor a number not below one, close-on-exec. It keeps its own where that is high enough.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static int MoveUp(ref int fd, int least = 3)
    {
        if (fd >= least)
        {
            return 0;
        }

        var moved = Libc.Fcntl(fd, Libc.F_DUPFD_CLOEXEC, least);
        if (moved < 0)
        {
            return Libc.LastError;
        }

        _ = Libc.Close(fd);
        fd = moved;
        return 0;
    }
}
