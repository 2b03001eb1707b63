using Osl.Interop.Linux;

namespace Osl.Interop.Posix;

/// <summary>A pipe by what POSIX has.</summary>
internal static class PosixPipe
{
    /// <summary>
    /// Makes one, close-on-exec, above the standard streams. The flag is set after the pipe is made: a child that somebody else starts in
    /// between has both ends, which for what wakes a thread is of no consequence.
    /// </summary>
    /// <returns>The error number, or 0.</returns>
    internal static unsafe int Open(out int reader, out int writer)
    {
        var ends = stackalloc int[2];
        reader = writer = -1;
        if (PosixLibc.Pipe(ends) < 0)
        {
            return Libc.LastError;
        }

        (reader, writer) = (ends[0], ends[1]);
        var error = Close(reader);
        error = error == 0 ? Close(writer) : error;
        error = error == 0 ? Descriptor.MoveUp(ref reader) : error;
        error = error == 0 ? Descriptor.MoveUp(ref writer) : error;
        if (error != 0)
        {
            _ = Libc.Close(reader);
            _ = Libc.Close(writer);
            (reader, writer) = (-1, -1);
        }

        return error;
    }

    private static int Close(int fd) => Libc.Fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC) < 0 ? Libc.LastError : 0;
}
