using System.Buffers.Binary;

namespace Osl.Security.Audit;

/// <summary>Puts one frame together from serialised records. Its buffers are kept from frame to frame.</summary>
internal sealed class FrameBuilder
{
    private const int KeepBytes = 256 * 1024;

    private readonly List<byte[]> _leaves = [];
    private byte[] _buffer = new byte[16 * 1024];
    private int _used = JournalFormat.FrameHeaderSize;

    private FrameType _type = FrameType.Records;

    /// <summary>How many items it holds.</summary>
    internal int Count { get; private set; }

    /// <summary>The leaf hashes, in order.</summary>
    internal IReadOnlyList<byte[]> Leaves => _leaves;

    /// <summary>The frame's length in bytes.</summary>
    internal int Length => JournalFormat.Pad8(_used);

    /// <summary>Whether the frame still takes a record.</summary>
    internal bool HasRoom => _used < JournalFormat.BatchBytes && Count < JournalFormat.BatchRecords;

    internal void Clear(FrameType type = FrameType.Records)
    {
        _type = type;
        Count = 0;
        _leaves.Clear();
        _used = JournalFormat.FrameHeaderSize;
        if (_buffer.Length > KeepBytes)
        {
            _buffer = new byte[KeepBytes];
        }
    }

    /// <summary>Adds a record: its length and its bytes, and its leaf.</summary>
    internal void Add(ReadOnlySpan<byte> item, byte[] leaf)
    {
        Put(item);
        _leaves.Add(leaf);
    }

    /// <summary>Adds an item that is no leaf: a note's bytes.</summary>
    internal void AddNote(ReadOnlySpan<byte> note)
    {
        Span<byte> item = stackalloc byte[sizeof(uint) + AuditCheckpoint.MaxLength];
        BinaryPrimitives.WriteInt32LittleEndian(item, note.Length);
        note.CopyTo(item[sizeof(uint)..]);
        Put(item[..(sizeof(uint) + note.Length)]);
    }

    /// <summary>The finished frame; valid until the next <see cref="Clear"/>.</summary>
    internal ReadOnlySpan<byte> Finish(long first, long time, ReadOnlySpan<byte> root)
    {
        var frame = _buffer.AsSpan(0, Length);
        frame[_used..].Clear();
        new FrameHeader(Length, 0, _type, Count, first, time).Write(frame);
        root.CopyTo(frame[FrameHeader.RootAt..]);
        FrameHeader.Seal(frame);
        return frame;
    }

    private void Put(ReadOnlySpan<byte> item)
    {
        var needed = JournalFormat.Pad8(_used + item.Length);
        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(needed, 2 * _buffer.Length));
        }

        item.CopyTo(_buffer.AsSpan(_used));
        _used += item.Length;
        Count++;
    }
}
