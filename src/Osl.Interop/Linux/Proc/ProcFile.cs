using System.Buffers;
using System.Buffers.Text;

namespace Osl.Interop.Linux;

/// <summary>Reads files of /proc, most of them of one process, without allocating and without exceptions.</summary>
internal static class ProcFile
{
    /// <summary>How many looks, a millisecond apart, an execve(2) is given: a program on a disk that hangs may never come through it.</summary>
    private const int LongestExec = 250;

    /// <summary>How often a process that is in no exec is looked at again: each time it may just have come through one.</summary>
    private const int Looks = 4;

    private enum Memory
    {
        None,
        OfNewProgram,
        Complete,
    }

    /// <summary>Reads the beginning of /proc/PID/NAME.</summary>
    /// <returns>The length, or the negated error number: ENOENT when it is gone, ESRCH when it goes meanwhile.</returns>
    internal static int Read(int pid, ReadOnlySpan<byte> name, Span<byte> buffer) =>
        ReadAndClose(Open(pid, name, out var error), error, buffer);

    /// <summary>Reads the beginning of any file.</summary>
    /// <param name="path">Ends with NUL.</param>
    /// <param name="buffer">Takes it.</param>
    /// <returns>The length, or the negated error number.</returns>
    internal static int Read(ReadOnlySpan<byte> path, Span<byte> buffer) => ReadAndClose(Open(path, out var error), error, buffer);

    private static int ReadAndClose(int fd, int error, Span<byte> buffer)
    {
        if (fd < 0)
        {
            return -error;
        }

        var length = ReadOnce(fd, buffer);
        length = length < 0 ? -Libc.LastError : length;
        _ = DescriptorReserve.Close(fd);
        return length;
    }

    /// <summary>The real uid of a process (proc_pid_status(5)); -1 when it is gone.</summary>
    internal static long RealUid(int pid)
    {
        Span<byte> buffer = stackalloc byte[2048];
        var length = Read(pid, "status"u8, buffer);
        var at = length <= 0 ? -1 : buffer[..length].IndexOf("\nUid:\t"u8);
        return at >= 0 && Utf8Parser.TryParse(buffer[(at + 6)..length], out long uid, out _) ? uid : -1;
    }

    /// <summary>
    /// Whether the environment a process was started with holds exactly this entry. False when it can't be read (another user's), and
    /// when the process has written over it (setproctitle).
    /// </summary>
    /// <param name="pid">Which process.</param>
    /// <param name="entry"><c>NAME=value</c> as bytes.</param>
    internal static bool EnvironmentHolds(int pid, ReadOnlySpan<byte> entry)
    {
        var buffer = RentEnvironment(pid, out var length);
        var found = Contains(buffer.AsSpan(0, length), entry);
        Return(buffer);
        return found;
    }

    /// <summary>
    /// The environment a process was started with, in a buffer that must be given back; null when there is none to be read. In the
    /// middle of an execve(2) it reads as empty, on a busy machine for many milliseconds: the end of that is waited for (knowledge/guardian.md).
    /// </summary>
    /// <param name="pid">Which process.</param>
    /// <param name="length">How much of the buffer it takes.</param>
    internal static byte[]? RentEnvironment(int pid, out int length)
    {
        length = 0;
        var looks = 0;
        for (var attempt = 0; attempt < LongestExec; attempt++)
        {
            var buffer = ReadAll(pid, "environ"u8, out length);
            if (buffer is null || length > 0)
            {
                return buffer;
            }

            Return(buffer);
            switch (MemoryOf(pid))
            {
                case Memory.None:
                    return null;
                case Memory.Complete when ++looks == Looks:
                    return null;
                case Memory.Complete:
                    // Perhaps it has just come through its exec; or it has no environment at all.
                    break;
                default:
                    // Nothing tells of the end of an exec. It is the kernel that reads the new program's file: to yield is not enough.
                    var nothing = default(Libc.PollDescriptor);
                    _ = Libc.Poll(ref nothing, 0, 1);
                    break;
            }
        }

        return null;
    }

    /// <summary>
    /// What a process has of its memory (proc_pid_stat(5)): zombies and kernel threads have none, field 23 is 0; the end of the
    /// environment, field 51, is set last, after the program and its loader were read from disk.
    /// </summary>
    private static Memory MemoryOf(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var length = Read(pid, "stat"u8, buffer);
        var line = length > 0 ? buffer[..length].TrimEnd((byte)'\n') : [];
        return line.IsEmpty || Field(line, line.LastIndexOf((byte)')') + 2, 23 - 3).SequenceEqual("0"u8) ? Memory.None
            : FromEnd(line, 1).SequenceEqual("0"u8) ? Memory.OfNewProgram
            : Memory.Complete;
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> line, int start, int after)
    {
        var rest = start < line.Length ? line[start..] : [];
        for (; after > 0; after--)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }

        var end = rest.IndexOf((byte)' ');
        return end < 0 ? rest : rest[..end];
    }

    private static ReadOnlySpan<byte> FromEnd(ReadOnlySpan<byte> line, int before)
    {
        for (; before > 0; before--)
        {
            line = line[..Math.Max(0, line.LastIndexOf((byte)' '))];
        }

        return line[(line.LastIndexOf((byte)' ') + 1)..];
    }

    /// <summary>Wipes a rented environment and gives it back.</summary>
    internal static void Return(byte[]? environment)
    {
        if (environment is not null)
        {
            ArrayPool<byte>.Shared.Return(environment, clearArray: true);
        }
    }

    private static bool Contains(ReadOnlySpan<byte> block, ReadOnlySpan<byte> entry)
    {
        while (!block.IsEmpty)
        {
            var end = block.IndexOf((byte)0);
            if ((end < 0 ? block : block[..end]).SequenceEqual(entry))
            {
                return true;
            }

            block = end < 0 ? [] : block[(end + 1)..];
        }

        return false;
    }

    /// <summary>Reads a whole file into a rented buffer, which the caller gives back; null when it can't be read.</summary>
    private static byte[]? ReadAll(int pid, ReadOnlySpan<byte> name, out int length)
    {
        length = 0;
        var fd = Open(pid, name, out var error);
        if (fd < 0)
        {
            OutOfDescriptorsException.ThrowIfLack(error);
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        int read;
        while ((read = ReadOnce(fd, buffer.AsSpan(length))) > 0)
        {
            length += read;
            if (length == buffer.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, length).CopyTo(larger);
                Return(buffer);
                buffer = larger;
            }
        }

        _ = DescriptorReserve.Close(fd);
        if (read < 0)
        {
            Return(buffer);
            length = 0;
            return null;
        }

        return buffer;
    }

    private static int Open(int pid, ReadOnlySpan<byte> name, out int error)
    {
        Span<byte> path = stackalloc byte[64];
        "/proc/"u8.CopyTo(path);
        _ = Utf8Formatter.TryFormat(pid, path[6..], out var digits);
        path[6 + digits] = (byte)'/';
        name.CopyTo(path[(7 + digits)..]);
        path[7 + digits + name.Length] = 0;
        return Open(path, out error);
    }

    /// <summary>Opens a file to read, if need be by a descriptor of the reserve.</summary>
    /// <param name="path">Ends with NUL.</param>
    /// <param name="error">The error number, or 0.</param>
    internal static unsafe int Open(ReadOnlySpan<byte> path, out int error)
    {
        fixed (byte* start = path)
        {
            var attempt = 0;
            int fd;
            do
            {
                fd = Libc.OpenBytes(start, Libc.O_RDONLY | Libc.O_CLOEXEC);
                error = fd < 0 ? Libc.LastError : 0;
            } while (fd < 0 && DescriptorReserve.MayRetry(error, ref attempt));

            return fd;
        }
    }

    private static unsafe int ReadOnce(int fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint length;
            do
            {
                length = Libc.Read(fd, start, buffer.Length);
            } while (length < 0 && Libc.LastError == Errno.EINTR);

            return (int)length;
        }
    }
}
