using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>What to read.</summary>
public sealed record AuditReadOptions
{
    /// <summary>Leaves out what was written before this, frame by frame. Null: nothing.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Leaves out records with a lower index: 0 for none; to follow a journal, one more than the last that was seen.</summary>
    public long From { get; init; }

    /// <summary>The newest first: one segment at a time is held in memory.</summary>
    public bool NewestFirst { get; init; }
}

/// <summary>
/// Reads a journal without a lock, also while it is written: up to the first place that holds no frame yet. What can't be read is
/// an entry too (<see cref="AuditEntry.Problem"/>), never passed over. Says nothing about tampering: that is
/// <see cref="JournalVerifier"/>'s.
/// </summary>
public sealed class AuditReader
{
    private readonly string _directory;
    private readonly IJournalStorage _storage;

    /// <summary>A reader of the journal in a directory. Nothing is opened yet.</summary>
    /// <param name="directory">Where the journal is.</param>
    public AuditReader(string directory)
        : this(directory, JournalStorage.ForThisPlatform) { }

    internal AuditReader(string directory, IJournalStorage storage)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
        _storage = storage;
    }

    /// <summary>Whether there is such a directory. If not, there is nothing to read.</summary>
    public bool Exists => Directory.Exists(_directory);

    /// <summary>The records in the order of the log (or backwards), read as they are asked for.</summary>
    /// <param name="options">Which of them; null for all, the oldest first.</param>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed.</exception>
    public IEnumerable<AuditEntry> Read(AuditReadOptions? options = null)
    {
        options ??= new AuditReadOptions();
        if (!Exists)
        {
            return [];
        }

        return options.NewestFirst ? Backwards(options) : Forwards(options);
    }

    private IEnumerable<AuditEntry> Forwards(AuditReadOptions options)
    {
        var place = new Place();
        var last = -1L;
        // Listed again at the end: a segment may have been opened while the one before it was read.
        for (var numbers = SegmentFile.Numbers(_storage, _directory); numbers.Length > 0; numbers = After(last))
        {
            foreach (var number in numbers)
            {
                if (last >= 0 && number != last + 1)
                {
                    yield return Missing(last + 1, number, place);
                    place.Due = -1;
                }

                last = number;
                if (IsBefore(number, options))
                {
                    place.Due = -1;
                    continue;
                }

                foreach (var entry in ReadSegment(number, place, options))
                {
                    yield return entry;
                }
            }
        }
    }

    private IEnumerable<AuditEntry> Backwards(AuditReadOptions options)
    {
        var later = -1L;
        foreach (var number in SegmentFile.Numbers(_storage, _directory).Reverse())
        {
            if (later >= 0 && number != later - 1)
            {
                yield return Missing(number + 1, later, new Place());
            }

            later = number;
            if (IsBefore(number, options))
            {
                yield break;
            }

            foreach (var entry in Enumerable.Reverse(ReadSegment(number, new Place(), options).ToArray()))
            {
                yield return entry;
            }
        }
    }

    private long[] After(long last) => [.. SegmentFile.Numbers(_storage, _directory).Where(number => number > last)];

    /// <summary>Whether a segment holds nothing that is asked for: what is in it was written before the next one was opened.</summary>
    private bool IsBefore(long number, AuditReadOptions options) =>
        (options.Since is not null || options.From > 0)
        && SegmentFile.PeekHeader(_storage, _directory, number + 1) is { } next
        && (next.Tree.Size <= options.From && options.From > 0 || JournalFormat.Time(next.Time) < options.Since);

    private IEnumerable<AuditEntry> ReadSegment(long number, Place place, AuditReadOptions options)
    {
        using var segment = SegmentFile.TryOpen(_storage, _directory, number, out var unreadable);
        if (segment is null)
        {
            yield return Problem(JournalFindingKind.Unreadable, place, number, 0, unreadable ?? "the segment has vanished");
            place.Due = -1;
            yield break;
        }

        if (segment.Header is { } header)
        {
            place.Time = JournalFormat.Time(header.Time);
            place.Due = place.Due < 0 ? header.Tree.Size : place.Due;
        }
        else
        {
            yield return Problem(JournalFindingKind.DamagedHeader, place, number, 0, segment.HeaderProblem);
        }

        var scanner = segment.Scan();
        long? end = null;
        while (true)
        {
            end ??= SegmentFile.PeekHeader(_storage, _directory, number + 1)?.PreviousEnd;
            if (scanner.Next >= end)
            {
                yield break;
            }

            var status = scanner.MoveNext();
            if (status != ScanStatus.Frame)
            {
                // If the next segment was opened just now, it says whether the log ends here.
                end ??= SegmentFile.PeekHeader(_storage, _directory, number + 1)?.PreviousEnd;
                var (at, what) = (scanner.Offset, status == ScanStatus.End ? "frames are missing" : scanner.Problem);
                if (at >= end)
                {
                    yield break;
                }

                var goesOn = scanner.MoveToFrame(end ?? segment.Length);
                if (!goesOn && end is null && status == ScanStatus.End)
                {
                    yield break;
                }

                // If a writer has meanwhile finished what stood here, nothing is wrong.
                var resume = scanner.Offset;
                if (!goesOn || (!scanner.IsFrameAt(at) && scanner.IsFrameAt(resume)))
                {
                    var kind = goesOn || end is not null ? JournalFindingKind.DamagedFrame : JournalFindingKind.TornTail;
                    yield return Problem(kind, place, number, at, what);
                    place.Due = -1;
                }

                if (!goesOn)
                {
                    yield break;
                }
            }

            foreach (var entry in Entries(scanner, number, place, options))
            {
                yield return entry;
            }
        }
    }

    private static List<AuditEntry> Entries(SegmentScanner scanner, long number, Place place, AuditReadOptions options)
    {
        var entries = new List<AuditEntry>();
        var header = scanner.Header;
        if (place.Due >= 0 && header.First != place.Due)
        {
            var what = string.Create(CultureInfo.InvariantCulture, $"record {place.Due} is due, but record {header.First} follows");
            entries.Add(Problem(JournalFindingKind.WrongIndex, place, number, scanner.Offset, what));
        }

        place.Time = JournalFormat.Time(header.Time);
        place.Due = header.Next;
        if (header.Type != FrameType.Records || header.Next <= options.From || place.Time < options.Since)
        {
            return entries;
        }

        var frame = scanner.Frame.ToArray();
        var index = header.First;
        for (var items = new FrameItems(frame); items.MoveNext(); index++)
        {
            if (index >= options.From)
            {
                var raw = frame.AsMemory(items.Offset, items.Current.Length);
                entries.Add(new AuditEntry(index, number, scanner.Offset + items.Offset, header.Time, raw));
            }
        }

        return entries;
    }

    private static AuditEntry Missing(long from, long to, Place place) =>
        Problem(
            JournalFindingKind.MissingSegment,
            place,
            from,
            0,
            to == from + 1 ? "the segment is missing" : string.Create(CultureInfo.InvariantCulture, $"{to - from} segments are missing")
        );

    private static AuditEntry Problem(JournalFindingKind kind, Place place, long segment, long offset, string what) =>
        new(new JournalFinding(kind, place.Due < 0 ? null : place.Due, segment, offset, what), place.Time);

    /// <summary>How far the reading has come.</summary>
    private sealed class Place
    {
        /// <summary>The record that is due next; -1 when that is not known.</summary>
        internal long Due { get; set; } = -1;

        internal DateTimeOffset Time { get; set; }
    }
}
