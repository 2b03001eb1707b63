using System.Buffers.Binary;
using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>Why a segment was opened. The numbers are part of the format.</summary>
internal enum SegmentReason
{
    /// <summary>It is the journal's first.</summary>
    First = 0,

    /// <summary>The one before it was full.</summary>
    Full = 1,

    /// <summary>The one before it was old enough.</summary>
    Age = 2,

    /// <summary>The one before it ended in bytes that are no frame.</summary>
    Torn = 3,

    /// <summary>The one before it could not be synced to disk.</summary>
    FlushFailed = 4,

    /// <summary>The one before it held less than writers of this boot had seen in the log: somebody took something away.</summary>
    Short = 5,
}

/// <summary>An end of the log that writers had seen: by a hint in LOCK that nothing in the log bore out any more.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Offset">Where its frames ended.</param>
/// <param name="Records">How many records the log had.</param>
/// <param name="Root">Their root, in hexadecimal digits.</param>
internal sealed record KnownEnd(long Segment, long Offset, long Records, string Root)
{
    internal static KnownEnd Of(JournalHint hint)
    {
        Span<byte> root = stackalloc byte[JournalFormat.HashSize];
        hint.Tree.Root(root);
        return new(hint.Segment, hint.End, hint.Tree.Size, Convert.ToHexStringLower(root));
    }
}

/// <summary>
/// The first 4 KiB of a segment: which log and which segment, the tree before its first leaf, and how the segment before it ended.
/// </summary>
internal sealed class SegmentHeader
{
    private const int LogIdAt = 8;
    private const int NumberAt = 24;
    private const int FirstLeafAt = 32;
    private const int TimeAt = 40;
    private const int ReasonAt = 48;
    private const int FrontierCountAt = 52;
    private const int PreviousEndAt = 56;
    private const int ResidueLengthAt = 64;
    private const int ResidueHashAt = 72;
    private const int FrontierAt = 104;
    private const int MissingAt = FrontierAt + (JournalFormat.MaxFrontier * JournalFormat.HashSize);
    private const int MissingRootAt = MissingAt + 24;
    private const int CrcAt = JournalFormat.HeaderSize - sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "OSLJRNL1"u8;

    /// <summary>The random name of the log: the same in all of its segments.</summary>
    internal required UInt128 LogId { get; init; }

    /// <summary>This segment's number, from 0.</summary>
    internal required long Number { get; init; }

    /// <summary>When it was opened: microseconds since 1970, UTC.</summary>
    internal required long Time { get; init; }

    /// <summary>Why it was opened.</summary>
    internal required SegmentReason Reason { get; init; }

    /// <summary>Where the frames of the segment before it end; 0 for the first.</summary>
    internal required long PreviousEnd { get; init; }

    /// <summary>How many bytes follow there up to the last that is not zero: what was cut off.</summary>
    internal required long ResidueLength { get; init; }

    /// <summary>SHA-256 of those bytes; zeros when there are none.</summary>
    internal required byte[] ResidueHash { get; init; }

    /// <summary>The tree as it was before this segment's first leaf; its size is that leaf's index.</summary>
    internal required MerkleFrontier Tree { get; init; }

    /// <summary>What the log is known to have had; null unless the reason is <see cref="SegmentReason.Short"/>.</summary>
    internal KnownEnd? Missing { get; init; }

    internal void Write(Span<byte> target)
    {
        target[..JournalFormat.HeaderSize].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt128BigEndian(target[LogIdAt..], LogId);
        BinaryPrimitives.WriteInt64LittleEndian(target[NumberAt..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(target[FirstLeafAt..], Tree.Size);
        BinaryPrimitives.WriteInt64LittleEndian(target[TimeAt..], Time);
        BinaryPrimitives.WriteInt32LittleEndian(target[ReasonAt..], (int)Reason);
        BinaryPrimitives.WriteInt32LittleEndian(target[FrontierCountAt..], Tree.Count);
        BinaryPrimitives.WriteInt64LittleEndian(target[PreviousEndAt..], PreviousEnd);
        BinaryPrimitives.WriteInt64LittleEndian(target[ResidueLengthAt..], ResidueLength);
        ResidueHash.CopyTo(target[ResidueHashAt..]);
        Tree.Nodes.CopyTo(target[FrontierAt..]);
        if (Missing is { } missing)
        {
            BinaryPrimitives.WriteInt64LittleEndian(target[MissingAt..], missing.Segment);
            BinaryPrimitives.WriteInt64LittleEndian(target[(MissingAt + 8)..], missing.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(target[(MissingAt + 16)..], missing.Records);
            Convert.FromHexString(missing.Root, target.Slice(MissingRootAt, JournalFormat.HashSize), out _, out _);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(target[CrcAt..], JournalFormat.Crc32C(target[..CrcAt]));
    }

    /// <summary>Reads a header; null, and why, when it is none.</summary>
    internal static SegmentHeader? TryRead(ReadOnlySpan<byte> source, out string problem)
    {
        if (source.Length < JournalFormat.HeaderSize)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"the header is cut off after {source.Length} bytes");
            return null;
        }

        if (!source.StartsWith(Magic))
        {
            problem = "the header does not begin with OSLJRNL1";
            return null;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(source[CrcAt..]) != JournalFormat.Crc32C(source[..CrcAt]))
        {
            problem = "the header's checksum is wrong";
            return null;
        }

        var tree = new MerkleFrontier();
        var count = BinaryPrimitives.ReadUInt32LittleEndian(source[FrontierCountAt..]);
        var header = new SegmentHeader
        {
            LogId = BinaryPrimitives.ReadUInt128BigEndian(source[LogIdAt..]),
            Number = BinaryPrimitives.ReadInt64LittleEndian(source[NumberAt..]),
            Time = BinaryPrimitives.ReadInt64LittleEndian(source[TimeAt..]),
            Reason = (SegmentReason)BinaryPrimitives.ReadInt32LittleEndian(source[ReasonAt..]),
            PreviousEnd = BinaryPrimitives.ReadInt64LittleEndian(source[PreviousEndAt..]),
            ResidueLength = BinaryPrimitives.ReadInt64LittleEndian(source[ResidueLengthAt..]),
            ResidueHash = source.Slice(ResidueHashAt, JournalFormat.HashSize).ToArray(),
            Missing =
                source[ReasonAt] != (byte)SegmentReason.Short
                    ? null
                    : new(
                        BinaryPrimitives.ReadInt64LittleEndian(source[MissingAt..]),
                        BinaryPrimitives.ReadInt64LittleEndian(source[(MissingAt + 8)..]),
                        BinaryPrimitives.ReadInt64LittleEndian(source[(MissingAt + 16)..]),
                        Convert.ToHexStringLower(source.Slice(MissingRootAt, JournalFormat.HashSize))
                    ),
            Tree = tree,
        };
        if (
            count > JournalFormat.MaxFrontier
            || !tree.TryLoad(
                BinaryPrimitives.ReadInt64LittleEndian(source[FirstLeafAt..]),
                source.Slice(FrontierAt, (int)count * JournalFormat.HashSize)
            )
        )
        {
            problem = "the header's frontier does not fit its first leaf";
            return null;
        }

        if (
            header.Number < 0
            || header.PreviousEnd < 0
            || header.ResidueLength < 0
            || header.Reason is < SegmentReason.First or > SegmentReason.Short
        )
        {
            problem = "the header holds a number that can't be";
            return null;
        }

        problem = "";
        return header;
    }
}
