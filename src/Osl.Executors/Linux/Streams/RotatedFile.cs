using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// A file that the host itself appends to, and rotates: NAME becomes NAME.1, that NAME.2, and what is beyond the count is gone.
/// </summary>
/// <remarks>
/// No file grows beyond the size, and nothing is written twice or left out by a rotation: one writer at a time decides, before each write,
/// what still fits, up to the end of a line where there is one. Nothing is kept back, so that what was taken survives the host; at the end the
/// present file is synced, the older ones are left to the system. A lock on the open file keeps a second host out, which would rotate under us.
/// <para>
/// A write that fails (a full disk) loses those bytes and no others: the next ones are tried anew. A rotation that fails leaves
/// the file as it is, growing, and is tried again after as many bytes once more: better too large than lost.
/// </para>
/// </remarks>
internal sealed class RotatedFile : IDisposable
{
    private const byte LineFeed = (byte)'\n';

    /// <summary>Lines up to this length are not parted when they come in two pieces; a quarter of a small file.</summary>
    private const long Reserve = 4096;

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _directory;
    private readonly string _name;
    private readonly int _mode;
    private readonly long _limit;
    private readonly int _count;
    private SafeFileHandle _file;
    private long _size;
    private long _rotateAt;

    /// <summary>The size at which it was begun, or last could not be rotated.</summary>
    private long _begin;
    private bool _atLineStart = true;

    private RotatedFile(HeldFile held, SafeFileHandle directory, SafeFileHandle file)
    {
        var config = held.Config;
        _directory = directory;
        _name = held.Name;
        Path = held.Path;
        _mode = config.FileMode ?? StandardOutputConfig.DefaultFileMode;
        _limit = config.RotateSize == 0 ? long.MaxValue : config.RotateSize;
        _count = config.RotateCount == 0 ? StandardOutputConfig.DefaultRotateCount : config.RotateCount;
        _file = file;
        _size = RandomAccess.GetLength(file);
        _rotateAt = _limit;
    }

    internal string Path { get; }

    /// <summary>Why it could not be rotated, the first time; null when it always could.</summary>
    internal string? Trouble { get; private set; }

    /// <summary>Opens it; with rotation, for this host alone.</summary>
    /// <returns>Null, or why not.</returns>
    internal static Operations.OperationError? Open(HeldFile held, out RotatedFile file)
    {
        file = null!;
        if (held.Open(out var opened) is { } failed)
        {
            return failed;
        }

        if (held.Config.RotateSize != 0 && FileLock.Take(opened, wait: false) is var error and not 0)
        {
            opened.Dispose();
            return error == Errno.EAGAIN
                ? new Operations.OperationFailed(
                    "output_file_in_use",
                    $"Output file '{held.Path}' is being written and rotated by another host.",
                    "Give each host a file of its own: two that rotate one file would lose output."
                )
                : HeldFile.Failed(held.Path, error);
        }

        // Its own, since it lives longer than the launch.
        var directory = Libc.Fcntl((int)held.Directory.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, 3);
        if (directory < 0)
        {
            var number = Libc.LastError;
            opened.Dispose();
            return HeldFile.Failed(held.Path, number);
        }

        file = new RotatedFile(held, new SafeFileHandle(directory, ownsHandle: true), opened);
        return null;
    }

    /// <summary>Whether it is kept as a configuration says.</summary>
    internal bool IsAs(StandardOutputConfig config) =>
        _limit == config.RotateSize
        && _count == (config.RotateCount == 0 ? StandardOutputConfig.DefaultRotateCount : config.RotateCount)
        && _mode == (config.FileMode ?? StandardOutputConfig.DefaultFileMode);

    /// <summary>Appends.</summary>
    /// <returns>How many bytes are in the file, and why not all.</returns>
    internal (int Written, string? Reason) Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var written = 0;
            string? reason = null;
            while (!bytes.IsEmpty)
            {
                var part = bytes[..Fitting(bytes)];
                if (part.IsEmpty)
                {
                    Rotate();
                    continue;
                }

                var error = Append(part, out var done);
                written += done;
                _size += done;
                _atLineStart = part[^1] == LineFeed;
                reason ??= error == 0 ? null : $"{Errno.Name(error)} (write)";
                bytes = bytes[part.Length..];
            }

            return (written, reason);
        }
    }

    /// <summary>Syncs what was written.</summary>
    /// <returns>Null, or why that failed.</returns>
    internal string? Sync()
    {
        lock (_gate)
        {
            return Libc.Fdatasync(_file) < 0 ? $"{Errno.Name(Libc.LastError)} (fdatasync)" : null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file.Dispose();
            _directory.Dispose();
        }
    }

    /// <summary>
    /// How many bytes go into the present file; 0 for none before it is rotated. A line whose end is still to come begins a new file when
    /// little room is left, since nothing is held back until it is whole.
    /// </summary>
    private int Fitting(ReadOnlySpan<byte> bytes)
    {
        var room = _rotateAt - _size;
        var fits = bytes.Length <= room;
        if (fits && (bytes[^1] == LineFeed || room - bytes.Length >= Math.Min(Reserve, _limit / 4)))
        {
            return bytes.Length;
        }

        var lines = room <= 0 ? 0 : bytes[..(int)Math.Min(room, bytes.Length)].LastIndexOf(LineFeed) + 1;
        if (lines > 0)
        {
            return lines;
        }

        // A line that is begun here and fits is not parted; one longer than a whole file has to be.
        return fits && !_atLineStart ? bytes.Length
            : _size > _begin ? 0
            : (int)Math.Min(room, bytes.Length);
    }

    private unsafe int Append(ReadOnlySpan<byte> bytes, out int done)
    {
        done = 0;
        fixed (byte* start = bytes)
        {
            while (done < bytes.Length)
            {
                var count = Libc.Write((int)_file.DangerousGetHandle(), start + done, bytes.Length - done);
                if (count < 0)
                {
                    if (Libc.LastError is var error and not Errno.EINTR)
                    {
                        return error;
                    }
                }
                else if (count == 0)
                {
                    return Errno.EIO;
                }
                else
                {
                    done += (int)count;
                }
            }
        }

        return 0;
    }

    private void Rotate()
    {
        var error = Shift();
        SafeFileHandle? next = null;
        error = error != 0 ? error : HeldFile.Create(_directory, _name, _mode, out next);
        // Nobody else can have it yet; who came upon it in this moment gives up, and says so.
        error = error != 0 ? error : FileLock.Take(next!, wait: true);
        if (error != 0)
        {
            next?.Dispose();
            Trouble ??= $"{Errno.Name(error)} (rotation)";
            _rotateAt = _size + _limit;
            _begin = _size;
            return;
        }

        _file.Dispose();
        _file = next!;
        _size = _begin = 0;
        _atLineStart = true;
        _rotateAt = _limit;
    }

    /// <summary>From the oldest to the youngest, each one up.</summary>
    private int Shift()
    {
        for (var number = _count - 1; number >= 0; number--)
        {
            var error = Rename(Numbered(number), Numbered(number + 1));
            // A gap in the row; or somebody has taken the file itself away, and is welcome to it.
            if (error is not (0 or Errno.ENOENT))
            {
                return error;
            }
        }

        return 0;
    }

    private int Rename(string from, string to)
    {
        var directory = (int)_directory.DangerousGetHandle();
        return Libc.RenameAt2(directory, from, directory, to, 0) < 0 ? Libc.LastError : 0;
    }

    private string Numbered(int number) => number == 0 ? _name : string.Create(CultureInfo.InvariantCulture, $"{_name}.{number}");
}
