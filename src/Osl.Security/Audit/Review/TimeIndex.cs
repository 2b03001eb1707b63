using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Linux;

namespace Osl.Security.Audit;

/// <summary>
/// Where to find a time in a segment that is finished: for each 64 KiB in which frames begin, the first of them and the least and the
/// greatest of their times. Derived, and made anew when it is missing or wrong; the format is in knowledge/journal-format.md.
/// </summary>
/// <remarks>
/// It proves nothing, and who can write the directory can make it hide records from a reader that uses it. So it is used only where
/// nothing is to be proven (<see cref="ViewProof"/>), and the verifier never looks at it. adr/0031-views-and-the-time-index.md.
/// </remarks>
internal sealed class TimeIndex
{
    internal const string Suffix = ".idx";

    private const int Block = 64 * 1024;
    private const int HeaderSize = 48;
    private const int LogIdAt = 8;
    private const int NumberAt = 24;
    private const int EndAt = 32;
    private const int CountAt = 40;
    private const int CrcAt = 44;
    private const int EntrySize = 32;
    private const int MostEntries = (1 << 30) / Block * 2;

    private readonly Entry[] _entries;
    private readonly long[] _offsets;
    private readonly long _end;

    private TimeIndex(Entry[] entries, long end) => (_entries, _end, _offsets) = (entries, end, [.. entries.Select(entry => entry.Offset)]);

    private static ReadOnlySpan<byte> Magic => "OSLINDX1"u8;

    /// <summary>The index of a segment: as it is kept, or made anew, and then kept where that is possible.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="directory">The journal.</param>
    /// <param name="next">The header of the segment after it, which says where it ends.</param>
    /// <param name="again">Whether what is kept has proved wrong.</param>
    /// <returns>Null when the segment is damaged, so that it has to be read as a whole.</returns>
    internal static TimeIndex? Of(IJournalStorage storage, string directory, SegmentHeader next, bool again = false)
    {
        var path = Path.Combine(directory, $"{next.Number - 1}{Suffix}");
        if (!again && Load(storage, path, next) is { } kept)
        {
            return kept;
        }

        var made = Build(storage, directory, next);
        if (made is not null && MayKeep(storage, directory))
        {
            made.Keep(storage, path, next);
        }

        return made;
    }

    /// <summary>Whether no frame of the segment has a time between these two.</summary>
    internal bool IsOutside(long since, long until) => !_entries.Any(entry => entry.Greatest >= since && entry.Least <= until);

    /// <summary>Where to go on from a place, passing over what has no time between these two.</summary>
    /// <returns>The place itself where nothing can be passed over; the end of the frames where nothing is left.</returns>
    internal long Skip(long offset, long since, long until)
    {
        var at = Array.BinarySearch(_offsets, offset);
        if (at < 0)
        {
            return offset;
        }

        while (at < _entries.Length && (_entries[at].Greatest < since || _entries[at].Least > until))
        {
            at++;
        }

        return at < _entries.Length ? _entries[at].Offset : _end;
    }

    /// <summary>Whether the frame at a place that <see cref="Skip"/> gave is the one that was meant.</summary>
    internal bool Fits(long offset, in FrameHeader header)
    {
        var at = Array.BinarySearch(_offsets, offset);
        return at >= 0 && _entries[at].First == header.First && header.Time >= _entries[at].Least && header.Time <= _entries[at].Greatest;
    }

    /// <summary>In a directory of somebody else's nothing is left behind: root reads, and keeps its hands off.</summary>
    private static bool MayKeep(IJournalStorage storage, string directory) =>
        OperatingSystem.IsWindows() || (FileStatus.Read(directory, out var status) == 0 && status.OwnerUid == storage.User);

    private static TimeIndex? Load(IJournalStorage storage, string path, SegmentHeader next)
    {
        try
        {
            using var file = storage.Open(path, write: false);
            return file is null ? null : Read(storage, file, next);
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            // A link, a directory, no permission: as good as none.
            return null;
        }
    }

    private static TimeIndex? Read(IJournalStorage storage, SafeFileHandle file, SegmentHeader next)
    {
        var length = storage.Length(file);
        if (length is < HeaderSize or > HeaderSize + (MostEntries * EntrySize))
        {
            return null;
        }

        var bytes = new byte[length];
        var head = bytes.AsSpan(0, HeaderSize);
        if (
            storage.Read(file, bytes, 0) != length
            || !head.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt128BigEndian(head[LogIdAt..]) != next.LogId
            || BinaryPrimitives.ReadInt64LittleEndian(head[NumberAt..]) != next.Number - 1
            || BinaryPrimitives.ReadInt64LittleEndian(head[EndAt..]) != next.PreviousEnd
            || (BinaryPrimitives.ReadUInt32LittleEndian(head[CountAt..]) * (long)EntrySize) + HeaderSize != length
            || BinaryPrimitives.ReadUInt32LittleEndian(head[CrcAt..]) != Checksum(bytes)
        )
        {
            return null;
        }

        var entries = new Entry[(length - HeaderSize) / EntrySize];
        var before = (long)JournalFormat.HeaderSize - 1;
        for (var i = 0; i < entries.Length; i++)
        {
            var source = bytes.AsSpan(HeaderSize + (i * EntrySize));
            entries[i] = new Entry(
                BinaryPrimitives.ReadInt64LittleEndian(source),
                BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[24..])
            );
            if (entries[i].Offset <= before || entries[i].Offset >= next.PreviousEnd || entries[i].Least > entries[i].Greatest)
            {
                return null;
            }

            before = entries[i].Offset;
        }

        return entries.Length == 0 || entries[0].Offset == JournalFormat.HeaderSize ? new TimeIndex(entries, next.PreviousEnd) : null;
    }

    private static TimeIndex? Build(IJournalStorage storage, string directory, SegmentHeader next)
    {
        using var segment = SegmentFile.TryOpen(storage, directory, next.Number - 1, out _);
        if (segment is null)
        {
            return null;
        }

        var entries = new List<Entry>();
        var scanner = segment.Scan();
        var block = -1L;
        while (scanner.Next < next.PreviousEnd)
        {
            if (scanner.MoveNext() != ScanStatus.Frame)
            {
                return null;
            }

            var header = scanner.Header;
            if (scanner.Offset / Block != block)
            {
                block = scanner.Offset / Block;
                entries.Add(new Entry(scanner.Offset, header.First, header.Time, header.Time));
            }
            else
            {
                var last = entries[^1];
                entries[^1] = last with { Least = Math.Min(last.Least, header.Time), Greatest = Math.Max(last.Greatest, header.Time) };
            }
        }

        return scanner.Next == next.PreviousEnd ? new TimeIndex([.. entries], next.PreviousEnd) : null;
    }

    private void Keep(IJournalStorage storage, string path, SegmentHeader next)
    {
        var bytes = new byte[HeaderSize + (_entries.Length * EntrySize)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(LogIdAt), next.LogId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(NumberAt), next.Number - 1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(EndAt), _end);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CountAt), (uint)_entries.Length);
        for (var i = 0; i < _entries.Length; i++)
        {
            var target = bytes.AsSpan(HeaderSize + (i * EntrySize));
            BinaryPrimitives.WriteInt64LittleEndian(target, _entries[i].Offset);
            BinaryPrimitives.WriteInt64LittleEndian(target[8..], _entries[i].First);
            BinaryPrimitives.WriteInt64LittleEndian(target[16..], _entries[i].Least);
            BinaryPrimitives.WriteInt64LittleEndian(target[24..], _entries[i].Greatest);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CrcAt), Checksum(bytes));
        try
        {
            JournalStorage.Keep(storage, path, file => storage.Write(file, bytes, 0), replace: true);
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            // No room, or another reader was quicker: what was made serves this time, and is made again the next.
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) => JournalFormat.Crc32C(bytes[..CrcAt], bytes[HeaderSize..]);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(long Offset, long First, long Least, long Greatest);
}
