using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace Osl.Interop.Linux;

/// <summary>
/// The pids that /proc lists, one after the other, without allocating. Not a snapshot: who is born or ends meanwhile may or may not
/// be among them.
/// </summary>
internal unsafe ref struct PidList
{
    private readonly int _fd;
    private readonly byte[] _buffer;
    private int _at;
    private int _length;

    private PidList(int fd)
    {
        _fd = fd;
        _buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
    }

    internal int Current { get; private set; }

    /// <summary>Opens the list; an empty one where /proc is not there.</summary>
    /// <exception cref="OutOfDescriptorsException">It is there and can't be opened now.</exception>
    internal static PidList Open()
    {
        var fd = ProcFile.Open("/proc\0"u8, out var error);
        OutOfDescriptorsException.ThrowIfLack(error);
        return new PidList(fd);
    }

    internal bool MoveNext()
    {
        while (_fd >= 0)
        {
            if (_at >= _length && !Fill())
            {
                return false;
            }

            // struct linux_dirent64: inode 8, offset 8, length of the record 2, type 1, name.
            var record = _buffer.AsSpan(_at, _length - _at);
            _at += BinaryPrimitives.ReadUInt16LittleEndian(record[16..]);
            var name = record[19..];
            if (name[0] is >= (byte)'1' and <= (byte)'9' && Utf8Parser.TryParse(name, out int pid, out var used) && name[used] == 0)
            {
                Current = pid;
                return true;
            }
        }

        return false;
    }

    internal readonly void Dispose()
    {
        if (_fd >= 0)
        {
            _ = DescriptorReserve.Close(_fd);
        }

        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private bool Fill()
    {
        fixed (byte* start = _buffer)
        {
            _at = 0;
            _length = (int)Math.Max(0, Libc.Getdents(_fd, start, _buffer.Length));
            return _length > 0;
        }
    }
}
