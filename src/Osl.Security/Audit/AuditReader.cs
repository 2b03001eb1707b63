using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>What to read.</summary>
public sealed record AuditReadOptions
{
    /// <summary>Leaves out what was written before this, frame by frame. Null: nothing.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Leaves out records with a lower index: 0 for none; to follow a journal, one more than the last that was seen.</summary>
    public long From { get; init; }

    /// <summary>Leaves out frames written well after this, where that spares reading; a record is written within seconds of being made.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The newest first: one segment at a time is held in memory.</summary>
    public bool NewestFirst { get; init; }

    /// <summary>Who is shown every frame, to prove what is read; null for nobody, and then time indexes are used.</summary>
    internal ViewProof? Proof { get; init; }

    /// <summary>Where to begin, and kept up to date while reading; null for the beginning.</summary>
    internal ReadPosition? Position { get; init; }
}

/// <summary>Where a reader goes on.</summary>
internal sealed class ReadPosition
{
    internal long Segment { get; set; }

    /// <summary>Where the next frame begins.</summary>
    internal long Offset { get; set; } = JournalFormat.HeaderSize;
}

/// <summary>
/// Reads a journal without a lock, also while it is written: up to the first place that holds no frame yet. What can't be read is
/// an entry too (<see cref="AuditEntry.Problem"/>), never passed over. Says nothing about tampering: that is
/// <see cref="JournalVerifier"/>'s.
/// </summary>
public sealed partial class AuditReader
{
    /// <summary>A clock that was set back by more than this hides records from a reading that has to prove: that uses no index.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromHours(1);

    /// <summary>How long after it was made a record is written at the latest, by far.</summary>
    private static readonly TimeSpan WriteSlack = TimeSpan.FromMinutes(1);

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
        // A log begins with segment 0, wherever the reading does.
        var last = (options.Position?.Segment ?? 0) - 1;
        // Listed again at the end: a segment may have been opened while the one before it was read.
        for (var numbers = After(last); numbers.Length > 0; numbers = After(last))
        {
            foreach (var number in numbers)
            {
                if (number != last + 1)
                {
                    place.Due = last < 0 ? 0 : place.Due;
                    yield return Missing(last + 1, number, place);
                    place.Due = -1;
                    options.Proof?.Lose();
                }

                last = number;
                if (Outside(number, options, out var index) is { } next)
                {
                    place.Due = next.Tree.Size;
                    continue;
                }

                foreach (var entry in ReadSegment(number, place, options, index))
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
            if (Outside(number, options, out var index) is not null)
            {
                continue;
            }

            foreach (var entry in Enumerable.Reverse(ReadSegment(number, new Place(), options, index).ToArray()))
            {
                yield return entry;
            }
        }

        if (later > 0)
        {
            yield return Missing(0, later, new Place());
        }
    }

    private long[] After(long last) => [.. SegmentFile.Numbers(_storage, _directory).Where(number => number > last)];

    /// <summary>What follows a segment that holds nothing that is asked for; null for one to be read. The newest always is.</summary>
    /// <param name="number">The segment.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="index">Its index, where that is of use.</param>
    private SegmentHeader? Outside(long number, AuditReadOptions options, out TimeIndex? index)
    {
        index = null;
        if (
            (options.Since is null && options.Until is null && options.From == 0)
            || SegmentFile.PeekHeader(_storage, _directory, number + 1) is not { } next
        )
        {
            return null;
        }

        if (next.Tree.Size <= options.From && options.From > 0)
        {
            return next;
        }

        if (options.Since is null && options.Until is null)
        {
            return null;
        }

        if (options.Proof is not null)
        {
            return options.Since is { } since && JournalFormat.Time(next.Time) < since - ClockSlack ? next : null;
        }

        index = TimeIndex.Of(_storage, _directory, next);
        return index?.IsOutside(Since(options), Until(options)) == true ? next : null;
    }

    private static long Since(AuditReadOptions options) => options.Since is { } since ? JournalFormat.Microseconds(since) : long.MinValue;

    private static long Until(AuditReadOptions options) =>
        options.Until is { } until && until < DateTimeOffset.MaxValue - WriteSlack
            ? JournalFormat.Microseconds(until + WriteSlack)
            : long.MaxValue;

    private IEnumerable<AuditEntry> ReadSegment(long number, Place place, AuditReadOptions options, TimeIndex? index)
    {
        using var segment = SegmentFile.TryOpen(_storage, _directory, number, out var unreadable);
        if (segment is null)
        {
            yield return Problem(JournalFindingKind.Unreadable, place, number, 0, unreadable ?? "the segment has vanished");
            place.Due = -1;
            options.Proof?.Lose();
            yield break;
        }

        if (segment.SizeProblem is { } tooLarge)
        {
            place.Due = place.Due >= 0 ? place.Due : segment.Header?.Tree.Size ?? -1;
            yield return Problem(JournalFindingKind.TooLarge, place, number, JournalFormat.MaxSegment, tooLarge);
            place.Due = -1;
            options.Proof?.Lose();
            yield break;
        }

        var resumesAt = options.Position is { } position && position.Segment == number ? position.Offset : JournalFormat.HeaderSize;
        if (segment.Header is { } header)
        {
            place.Time = JournalFormat.Time(header.Time);
            place.Due =
                place.Due >= 0 ? place.Due
                : resumesAt > JournalFormat.HeaderSize ? -1
                : header.Tree.Size;
            options.Proof?.Enter(header);
        }
        else if (resumesAt == JournalFormat.HeaderSize)
        {
            yield return Problem(JournalFindingKind.DamagedHeader, place, number, 0, segment.HeaderProblem);
            options.Proof?.Lose();
        }

        var scanner = segment.Scan();
        scanner.MoveTo(resumesAt);
        long? end = null;
        while (true)
        {
            end ??= SegmentFile.PeekHeader(_storage, _directory, number + 1)?.PreviousEnd;
            if (scanner.Next >= end)
            {
                yield break;
            }

            var (here, isSkipped) = (scanner.Next, false);
            if (index?.Skip(here, Since(options), Until(options)) is { } target && target != here)
            {
                (place.Due, isSkipped) = (-1, true);
                if (target >= end)
                {
                    yield break;
                }

                scanner.MoveTo(target);
            }

            var status = scanner.MoveNext();
            if (isSkipped && (status != ScanStatus.Frame || !index!.Fits(scanner.Offset, scanner.Header)))
            {
                // It leads astray: back to where it did, with one that is made of what is there.
                index = RemakeIndex(number);
                scanner.MoveTo(here);
                continue;
            }

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
                    options.Proof?.Lose();
                }

                if (!goesOn)
                {
                    yield break;
                }
            }

            options.Proof?.Pass(number, scanner.Offset, scanner.Frame);
            foreach (var entry in Entries(scanner, number, place, options))
            {
                yield return entry;
            }

            if (options.Position is { } reached)
            {
                (reached.Segment, reached.Offset) = (number, scanner.Next);
            }
        }
    }

    private TimeIndex? RemakeIndex(long number) =>
        SegmentFile.PeekHeader(_storage, _directory, number + 1) is { } next ? TimeIndex.Of(_storage, _directory, next, again: true) : null;

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
