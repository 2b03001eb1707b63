using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Osl.Security.Audit;

/// <summary>
/// The constants of the journal's files. The format is settled: knowledge/journal-format.md describes it so that a second verifier
/// can be written from that page alone, adr/0008-journal-format.md says why it is so. All numbers are little-endian.
/// </summary>
internal static class JournalFormat
{
    internal const string LockName = "LOCK";
    internal const string SegmentSuffix = ".osl";
    internal const string TemporaryName = "next.tmp";

    internal const int HeaderSize = 4096;
    internal const int FrameHeaderSize = 64;
    internal const int HashSize = 32;
    internal const int MaxFrontier = 64;

    /// <summary>
    /// The longest record in bytes. Below 2^24, so that the last byte of its length, which stands directly before it, is always the
    /// 0x00 that RFC 6962 puts before a leaf: a leaf is hashed where it lies.
    /// </summary>
    internal const int MaxRecord = 1024 * 1024;

    /// <summary>The longest frame in bytes; a greater length can't be right.</summary>
    internal const int MaxFrame = 4 * 1024 * 1024;

    /// <summary>
    /// The longest file of a segment in bytes, zeros included; a longer one is no writer's, who may not choose a greater
    /// <see cref="AuditJournalOptions.SegmentSize"/>, and is not read: it would keep whoever reads it busy for as long as somebody likes.
    /// </summary>
    internal const int MaxSegment = 1024 * 1024 * 1024;

    /// <summary>A batch takes no more records once it holds this many bytes, so that no frame exceeds <see cref="MaxFrame"/>.</summary>
    internal const int BatchBytes = 1024 * 1024;

    /// <summary>A batch takes no more records once it holds this many; keeps <see cref="MaxFrame"/> even for tiny ones.</summary>
    internal const int BatchRecords = 8192;

    /// <summary>The written form of a log id.</summary>
    internal static string LogName(UInt128 logId) => logId.ToString("x32", CultureInfo.InvariantCulture);

    internal static string SegmentName(long number) => number.ToString(CultureInfo.InvariantCulture) + SegmentSuffix;

    /// <summary>The number of a segment's file name, or -1: only the form that <see cref="SegmentName"/> writes counts.</summary>
    internal static long SegmentNumber(string fileName) =>
        fileName.EndsWith(SegmentSuffix, StringComparison.Ordinal)
        && long.TryParse(
            fileName.AsSpan(0, fileName.Length - SegmentSuffix.Length),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var n
        )
        && string.Equals(SegmentName(n), fileName, StringComparison.Ordinal)
            ? n
            : -1;

    internal static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The time of a frame; what lies outside of the calendar (only a forged frame can) is its nearest end.</summary>
    internal static DateTimeOffset Time(long microseconds) =>
        microseconds >= Microseconds(DateTimeOffset.MaxValue) ? DateTimeOffset.MaxValue
        : microseconds <= Microseconds(DateTimeOffset.MinValue) ? DateTimeOffset.MinValue
        : DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>Why a file of this length is no segment; null when it can be one.</summary>
    internal static string? SizeProblem(long length) =>
        length <= MaxSegment
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the file has {length} bytes, and a segment at most {MaxSegment}; it is not read"
            );

    internal static int Pad8(int length) => (length + 7) & ~7;

    /// <summary>CRC-32C (Castagnoli, RFC 3720): reflected, start and final xor 0xFFFFFFFF.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> data) => ~Crc32C(uint.MaxValue, data);

    /// <summary>The same over two stretches, one after the other.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => ~Crc32C(Crc32C(uint.MaxValue, first), second);

    private static uint Crc32C(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
