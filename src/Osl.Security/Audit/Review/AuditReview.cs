namespace Osl.Security.Audit;

/// <summary>What to review, and what to prove it against.</summary>
public sealed record AuditReviewOptions
{
    /// <summary>Which records.</summary>
    public AuditFilter Filter { get; init; } = new();

    /// <summary>Only the newest of them, so many; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Only the record with this index; null for all.</summary>
    public long? Index { get; init; }

    /// <summary>A key or a checkpoint that is kept elsewhere; null for none, and then nothing is proven.</summary>
    public AuditVerifyOptions? Against { get; init; }
}

/// <summary>One entry of a review.</summary>
/// <param name="Entry">The record, or a place that can't be read.</param>
/// <param name="IsProven">Whether a checkpoint of the given key, or the given checkpoint, covers the record as it is shown.</param>
public sealed record ReviewedEntry(AuditEntry Entry, bool IsProven);

/// <summary>
/// Reads the records that are wanted and says of each whether it is proven. Where there is something to prove against, an entry is held
/// back until the next checkpoint or the end of the log. Ends at the first damage within what is wanted: what stands behind it need not be
/// what was written there. Damage that is met before what is wanted is told of too (<see cref="Damage"/>).
/// </summary>
/// <remarks>
/// What is proven is what is shown: not that nothing was left out. A journal from which something was taken is told of by
/// <see cref="AuditVerifier"/>.
/// </remarks>
public sealed class AuditReview(AuditReader reader, AuditReviewOptions options)
{
    /// <summary>Held back at most; those before it then count as not proven. Checkpoints come every 1,000 records.</summary>
    private const int HeldBack = 100_000;

    private readonly ViewProof? _proof = options.Against is { Key: not null } or { Checkpoint: not null }
        ? new ViewProof(options.Against)
        : null;

    private readonly Queue<(AuditEntry Entry, int Run)> _held = new();

    /// <summary>Whether anything could be proven: whether there was something to prove it against.</summary>
    public bool CanProve => _proof is not null;

    /// <summary>How many records have been given.</summary>
    public long Shown { get; private set; }

    /// <summary>How many of them are proven.</summary>
    public long Proven { get; private set; }

    /// <summary>How many places could not be read. An end that a writer left unfinished is none.</summary>
    public long Problems { get; private set; }

    /// <summary>The first place where the log is damaged or, if that is all, cut off; null when none was met.</summary>
    public JournalFinding? Damage { get; private set; }

    /// <summary>Whether what follows <see cref="Damage"/> is not shown; else it was met before what is.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>The entries in the order of the log. To be read once.</summary>
    public IEnumerable<ReviewedEntry> Read()
    {
        var filter = options.Filter;
        var (first, last) =
            options.Index is { } index ? (null, index)
            : options.Limit is { } limit ? Newest(limit)
            : (null, long.MaxValue);
        var read = new AuditReadOptions
        {
            Since = filter.Since,
            Until = filter.Until,
            From = options.Index ?? first?.Index ?? 0,
            Proof = _proof,
        };
        foreach (var entry in reader.Read(read))
        {
            foreach (var settled in Settle(atEnd: false))
            {
                yield return settled;
            }

            if (entry.Index > last)
            {
                if (_held.Count == 0)
                {
                    break;
                }

                continue;
            }

            if (entry.Problem is { } problem && problem.Kind != JournalFindingKind.RecordNotUnderstood)
            {
                Damage ??= problem;
                IsCutShort = !IsBefore(entry, first);
            }
            else if (!IsWanted(entry, first))
            {
                continue;
            }

            if (_proof is null)
            {
                yield return Count(entry, isProven: false);
            }
            else
            {
                _held.Enqueue((entry, _proof.Run));
                _proof.IsWanted = true;
            }

            if (IsCutShort)
            {
                break;
            }
        }

        foreach (var settled in Settle(atEnd: true))
        {
            yield return settled;
        }
    }

    private bool IsWanted(AuditEntry entry, AuditEntry? first) =>
        options.Index is { } index ? entry.Index == index
        : entry.Record is { } record ? options.Filter.Matches(record)
        // Of what can't be understood only what lies within what is shown.
        : first is null || IsFrom(entry, first);

    /// <summary>Whether what is wanted only begins after this place.</summary>
    private bool IsBefore(AuditEntry entry, AuditEntry? first) =>
        options.Index is not null
        || (first is not null ? !IsFrom(entry, first) : options.Filter.Since is { } since && entry.FrameTime < since);

    private static bool IsFrom(AuditEntry entry, AuditEntry first) =>
        (entry.Segment, entry.Offset).CompareTo((first.Segment, first.Offset)) >= 0;

    private IEnumerable<ReviewedEntry> Settle(bool atEnd)
    {
        while (_held.TryPeek(out var next))
        {
            var isProven = next.Entry.Problem is { } problem && problem.IsProblem ? false : _proof!.IsProven(next.Run, next.Entry.Index);
            if (isProven is null && !atEnd && _held.Count < HeldBack)
            {
                break;
            }

            _held.Dequeue();
            yield return Count(next.Entry, isProven is true);
        }

        if (_proof is not null)
        {
            _proof.IsWanted = _held.Count > 0;
        }
    }

    private ReviewedEntry Count(AuditEntry entry, bool isProven)
    {
        if (entry.Problem is { } problem)
        {
            Problems += problem.IsProblem || problem.Kind == JournalFindingKind.RecordNotUnderstood ? 1 : 0;
            return new(entry, IsProven: false);
        }

        Shown++;
        Proven += isProven ? 1 : 0;
        return new(entry, isProven);
    }

    /// <summary>The oldest of the newest records that are wanted, and the index of the newest: later ones are not shown.</summary>
    private (AuditEntry? First, long Last) Newest(int count)
    {
        AuditEntry? first = null;
        var last = -1L;
        var read = new AuditReadOptions
        {
            Since = options.Filter.Since,
            Until = options.Filter.Until,
            NewestFirst = true,
        };
        foreach (var entry in reader.Read(read))
        {
            if (entry.Record is not { } record || !options.Filter.Matches(record))
            {
                continue;
            }

            last = Math.Max(last, entry.Index);
            first = entry;
            if (--count == 0)
            {
                break;
            }
        }

        // Fewer than asked for: then nothing bounds what is shown but the filter.
        return count > 0 ? (null, long.MaxValue) : (first, last);
    }
}
