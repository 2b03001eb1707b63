using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Osl.Interop.Linux;

/// <summary>Reads /proc. Whatever is gone meanwhile is answered with false; nothing here throws for a process that ends.</summary>
internal static class ProcFs
{
    private static readonly Lazy<string> LazyBootId = new(() =>
        File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : ""
    );

    private static readonly Lazy<long> LazyPidNamespace = new(() => NamespaceInode("/proc/self/ns/pid"));

    /// <summary>Names this boot of the machine.</summary>
    internal static string BootId => LazyBootId.Value;

    /// <summary>The inode of our pid namespace; 0 when /proc doesn't tell.</summary>
    internal static long PidNamespace => LazyPidNamespace.Value;

    /// <summary>Reads /proc/PID/stat.</summary>
    /// <param name="pid">Which process.</param>
    /// <param name="stat">What it says.</param>
    internal static bool TryReadStat(int pid, out ProcStat stat)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var length = ReadFile(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), buffer);
        return TryParseStat(buffer[..Math.Max(0, length)], out stat);
    }

    /// <summary>Parses one line of /proc/PID/stat. The name may itself hold spaces and parentheses: it ends at the last one.</summary>
    /// <param name="line">The line.</param>
    /// <param name="stat">What it says.</param>
    internal static bool TryParseStat(ReadOnlySpan<byte> line, out ProcStat stat)
    {
        stat = default;
        var open = line.IndexOf((byte)'(');
        var close = line.LastIndexOf((byte)')');
        if (open < 2 || close < open || !Utf8Parser.TryParse(line[..(open - 1)], out int pid, out _))
        {
            return false;
        }

        var comm = Encoding.UTF8.GetString(line[(open + 1)..close]);
        var rest = line[(close + 1)..].TrimStart((byte)' ');
        var state = '\0';
        Span<long> wanted = stackalloc long[4];
        // Fields 3 to 22, counted from 3.
        for (var field = 3; field <= 22; field++)
        {
            var end = rest.IndexOf((byte)' ');
            var token = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            var slot = field switch
            {
                4 => 0,
                5 => 1,
                6 => 2,
                22 => 3,
                _ => -1,
            };
            if (field == 3 && token.Length == 1)
            {
                state = (char)token[0];
            }
            else if (slot >= 0 && !Utf8Parser.TryParse(token, out wanted[slot], out _))
            {
                return false;
            }
        }

        stat = new ProcStat(pid, comm, state, (int)wanted[0], (int)wanted[1], (int)wanted[2], wanted[3]);
        return state != '\0';
    }

    /// <summary>The pids that /proc lists now.</summary>
    internal static IEnumerable<int> Pids()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(directory.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                yield return pid;
            }
        }
    }

    /// <summary>
    /// Whether the environment a process was started with holds exactly this entry. False when it can't be read: another user's.
    /// </summary>
    /// <param name="pid">Which process.</param>
    /// <param name="entry"><c>NAME=value</c> as bytes.</param>
    internal static bool HasEnvironmentEntry(int pid, ReadOnlySpan<byte> entry)
    {
        byte[] environment;
        try
        {
            environment = File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = environment;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)0);
            var item = end < 0 ? rest : rest[..end];
            if (item.SequenceEqual(entry))
            {
                return true;
            }

            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return false;
    }

    /// <summary>Reads a small file in one go.</summary>
    /// <returns>The length, or -1.</returns>
    internal static unsafe int ReadFile(string path, Span<byte> buffer)
    {
        var fd = Libc.Open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return -1;
        }

        try
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
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    private static long NamespaceInode(string path)
    {
        var target = File.Exists(path) ? new FileInfo(path).LinkTarget : null;
        var open = target?.IndexOf('[', StringComparison.Ordinal) ?? -1;
        return open > 0 && long.TryParse(target.AsSpan(open + 1).TrimEnd(']'), CultureInfo.InvariantCulture, out var inode) ? inode : 0;
    }
}
