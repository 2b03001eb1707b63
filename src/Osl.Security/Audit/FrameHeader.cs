using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Osl.Security.Audit;

/// <summary>What a frame holds. The numbers are part of the format.</summary>
internal enum FrameType : byte
{
    /// <summary>Records: each item is a leaf of the tree.</summary>
    Records = 1,

    /// <summary>A signed note over the log as it is here; its item is no leaf.</summary>
    Checkpoint = 2,

    /// <summary>A signed note that also names the key which signs from here on; its item is no leaf.</summary>
    Key = 3,
}

/// <summary>The first 64 bytes of a frame; the items follow, each a 4-byte length and its bytes, then zeros up to a multiple of 8.</summary>
/// <param name="Length">The whole frame in bytes, header and padding included.</param>
/// <param name="Crc">CRC-32C of the length and of all that follows this field.</param>
/// <param name="Type">What the items are.</param>
/// <param name="Count">How many there are.</param>
/// <param name="First">The tree's size before this frame.</param>
/// <param name="Time">When it was written: microseconds since 1970, UTC.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FrameHeader(int Length, uint Crc, FrameType Type, int Count, long First, long Time)
{
    internal const int CrcAt = 4;
    internal const int TypeAt = 8;
    internal const int CountAt = 12;
    internal const int FirstAt = 16;
    internal const int TimeAt = 24;
    internal const int RootAt = 32;

    /// <summary>The tree's size after this frame.</summary>
    internal long Next => Type == FrameType.Records ? First + Count : First;

    internal static FrameHeader Read(ReadOnlySpan<byte> source) =>
        new(
            BinaryPrimitives.ReadInt32LittleEndian(source),
            BinaryPrimitives.ReadUInt32LittleEndian(source[CrcAt..]),
            (FrameType)source[TypeAt],
            BinaryPrimitives.ReadInt32LittleEndian(source[CountAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[FirstAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[TimeAt..])
        );

    /// <summary>Writes everything but checksum and root into a frame whose items are in place.</summary>
    internal void Write(Span<byte> frame)
    {
        frame[..JournalFormat.FrameHeaderSize].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(frame, Length);
        frame[TypeAt] = (byte)Type;
        BinaryPrimitives.WriteInt32LittleEndian(frame[CountAt..], Count);
        BinaryPrimitives.WriteInt64LittleEndian(frame[FirstAt..], First);
        BinaryPrimitives.WriteInt64LittleEndian(frame[TimeAt..], Time);
    }

    /// <summary>Writes the checksum, last of all.</summary>
    internal static void Seal(Span<byte> frame) => BinaryPrimitives.WriteUInt32LittleEndian(frame[CrcAt..], Checksum(frame));

    internal static uint Checksum(ReadOnlySpan<byte> frame) => JournalFormat.Crc32C(frame[..CrcAt], frame[TypeAt..]);

    /// <summary>Whether the length alone can be right.</summary>
    internal static bool IsPlausible(int length) =>
        length is >= JournalFormat.FrameHeaderSize and <= JournalFormat.MaxFrame && length % 8 == 0;

    /// <summary>What is wrong with a whole frame; null when nothing is. Only its own bytes are judged, not its place.</summary>
    internal static string? Check(ReadOnlySpan<byte> frame)
    {
        var header = Read(frame);
        if (header.Crc != Checksum(frame))
        {
            return "the frame's checksum is wrong";
        }

        if (
            header.Type is < FrameType.Records or > FrameType.Key
            || !frame.Slice(TypeAt + 1, 3).SequenceEqual((ReadOnlySpan<byte>)[0, 0, 0])
        )
        {
            return $"frames of type {(byte)header.Type} are not known";
        }

        if (header.Count <= 0 || header.First < 0)
        {
            return "the frame's count or first index can't be";
        }

        var items = new FrameItems(frame);
        while (items.MoveNext()) { }

        return items.IsWhole ? null : "the lengths inside the frame do not add up";
    }
}

/// <summary>Walks the items of one frame.</summary>
internal ref struct FrameItems
{
    private readonly ReadOnlySpan<byte> _frame;
    private readonly int _count;
    private int _next = JournalFormat.FrameHeaderSize;
    private int _seen;

    internal FrameItems(ReadOnlySpan<byte> frame)
    {
        _frame = frame;
        _count = FrameHeader.Read(frame).Count;
    }

    /// <summary>Where the item's bytes begin, from the frame's beginning.</summary>
    internal int Offset { get; private set; }

    /// <summary>The item's bytes.</summary>
    internal readonly ReadOnlySpan<byte> Current => _frame[Offset.._next];

    /// <summary>The item's bytes after the last byte of its length, which is the 0x00 before a leaf.</summary>
    internal readonly ReadOnlySpan<byte> Prefixed => _frame[(Offset - 1).._next];

    /// <summary>After the last <see cref="MoveNext"/>: whether all items were there and only padding of zeros follows.</summary>
    internal readonly bool IsWhole =>
        _seen == _count && _frame.Length - _next is >= 0 and < 8 && _frame[_next..].IndexOfAnyExcept((byte)0) < 0;

    internal bool MoveNext()
    {
        if (_seen == _count || _next + sizeof(uint) > _frame.Length)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(_frame[_next..]);
        if (length > JournalFormat.MaxRecord || length > (uint)(_frame.Length - _next - sizeof(uint)))
        {
            return false;
        }

        Offset = _next + sizeof(uint);
        _next = Offset + (int)length;
        _seen++;
        return true;
    }
}
