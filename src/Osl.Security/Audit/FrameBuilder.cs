namespace Osl.Security.Audit;

/// <summary>Puts one frame together from serialised records. Its buffers are kept from frame to frame.</summary>
internal sealed class FrameBuilder
{
    private const int KeepBytes = 256 * 1024;

    private readonly List<byte[]> _leaves = [];
    private byte[] _buffer = new byte[16 * 1024];
    private int _used = JournalFormat.FrameHeaderSize;

    /// <summary>How many records it holds.</summary>
    internal int Count => _leaves.Count;

    /// <summary>The leaf hashes, in order.</summary>
    internal IReadOnlyList<byte[]> Leaves => _leaves;

    /// <summary>The frame's length in bytes.</summary>
    internal int Length => JournalFormat.Pad8(_used);

    /// <summary>Whether the frame still takes a record.</summary>
    internal bool HasRoom => _used < JournalFormat.BatchBytes && Count < JournalFormat.BatchRecords;

    internal void Clear()
    {
        _leaves.Clear();
        _used = JournalFormat.FrameHeaderSize;
        if (_buffer.Length > KeepBytes)
        {
            _buffer = new byte[KeepBytes];
        }
    }

    internal void Add(ReadOnlySpan<byte> item, byte[] leaf)
    {
        var needed = JournalFormat.Pad8(_used + item.Length);
        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(needed, 2 * _buffer.Length));
        }

        item.CopyTo(_buffer.AsSpan(_used));
        _used += item.Length;
        _leaves.Add(leaf);
    }

    /// <summary>The finished frame; valid until the next <see cref="Clear"/>.</summary>
    internal ReadOnlySpan<byte> Finish(long first, long time, ReadOnlySpan<byte> root)
    {
        var frame = _buffer.AsSpan(0, Length);
        frame[_used..].Clear();
        new FrameHeader(Length, 0, FrameType.Records, Count, first, time).Write(frame);
        root.CopyTo(frame[FrameHeader.RootAt..]);
        FrameHeader.Seal(frame);
        return frame;
    }
}
