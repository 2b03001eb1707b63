using System.Buffers.Binary;

namespace Osl.Security.Audit;

/// <summary>What the next writer should know beyond the position.</summary>
[Flags]
internal enum HintFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The next segment is being opened: it may exist already.</summary>
    Leaving = 1,

    /// <summary>A flush of this segment failed: nothing is appended to it any more.</summary>
    Poisoned = 2,
}

/// <summary>
/// The content of LOCK: where the log ends. A hint and no more: it is never synced, counts only within one boot of the machine, and
/// is checked against the last frame before it is believed. Without it the newest segment is read from its beginning.
/// </summary>
internal sealed class JournalHint
{
    internal const int MaxSize = FrontierAt + (JournalFormat.MaxFrontier * JournalFormat.HashSize);

    private const int BootAt = 8;
    private const int SegmentAt = 24;
    private const int EndAt = 32;
    private const int SizeAt = 40;
    private const int LastFrameAt = 48;
    private const int CountAt = 56;
    private const int FlagsAt = 60;
    private const int CrcAt = 64;
    private const int FrontierAt = 72;

    private static ReadOnlySpan<byte> Magic => "OSLHINT1"u8;

    internal UInt128 Boot { get; set; }

    internal long Segment { get; set; }

    /// <summary>Where the next frame goes.</summary>
    internal long End { get; set; }

    /// <summary>Where the last frame begins; 0 when the segment has none yet.</summary>
    internal long LastFrame { get; set; }

    internal HintFlags Flags { get; set; }

    internal MerkleFrontier Tree { get; } = new();

    /// <summary>Writes it and says how long it is.</summary>
    internal int Write(Span<byte> target)
    {
        var length = FrontierAt + Tree.Nodes.Length;
        target[..length].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt128BigEndian(target[BootAt..], Boot);
        BinaryPrimitives.WriteInt64LittleEndian(target[SegmentAt..], Segment);
        BinaryPrimitives.WriteInt64LittleEndian(target[EndAt..], End);
        BinaryPrimitives.WriteInt64LittleEndian(target[SizeAt..], Tree.Size);
        BinaryPrimitives.WriteInt64LittleEndian(target[LastFrameAt..], LastFrame);
        BinaryPrimitives.WriteInt32LittleEndian(target[CountAt..], Tree.Count);
        BinaryPrimitives.WriteInt32LittleEndian(target[FlagsAt..], (int)Flags);
        Tree.Nodes.CopyTo(target[FrontierAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(target[CrcAt..], JournalFormat.Crc32C(target[..CrcAt], target[FrontierAt..length]));
        return length;
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false for anything else.</summary>
    internal bool TryRead(ReadOnlySpan<byte> source)
    {
        if (source.Length < FrontierAt || !source.StartsWith(Magic))
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(source[CountAt..]);
        var length = FrontierAt + ((long)count * JournalFormat.HashSize);
        if (
            count > JournalFormat.MaxFrontier
            || source.Length < length
            || BinaryPrimitives.ReadUInt32LittleEndian(source[CrcAt..])
                != JournalFormat.Crc32C(source[..CrcAt], source[FrontierAt..(int)length])
            || !Tree.TryLoad(BinaryPrimitives.ReadInt64LittleEndian(source[SizeAt..]), source[FrontierAt..(int)length])
        )
        {
            return false;
        }

        Boot = BinaryPrimitives.ReadUInt128BigEndian(source[BootAt..]);
        Segment = BinaryPrimitives.ReadInt64LittleEndian(source[SegmentAt..]);
        End = BinaryPrimitives.ReadInt64LittleEndian(source[EndAt..]);
        LastFrame = BinaryPrimitives.ReadInt64LittleEndian(source[LastFrameAt..]);
        Flags = (HintFlags)BinaryPrimitives.ReadInt32LittleEndian(source[FlagsAt..]);
        return Segment >= 0 && End >= JournalFormat.HeaderSize && LastFrame >= 0 && LastFrame < End;
    }
}
