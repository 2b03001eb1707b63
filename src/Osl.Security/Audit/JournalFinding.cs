using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>What was found while reading a journal.</summary>
public enum JournalFindingKind
{
    /// <summary>Not a problem: the newest segment ends in bytes that are no frame. A writer was cut short; the next one explains it.</summary>
    TornTail,

    /// <summary>Not a problem: a torn tail, cut off and explained by the header of the segment after it.</summary>
    Recovered,

    /// <summary>Not a problem of the log: a segment could not be synced and was given up. What follows there was never acknowledged.</summary>
    FlushFailed,

    /// <summary>A record that is no JSON object of the known shape. The bytes themselves are as they were written.</summary>
    RecordNotUnderstood,

    /// <summary>A segment's header is damaged.</summary>
    DamagedHeader,

    /// <summary>Bytes that are no frame, and the log goes on after them.</summary>
    DamagedFrame,

    /// <summary>Frames are gone: zeros, or the end of the file, where the next segment says that frames were.</summary>
    MissingFrames,

    /// <summary>A whole segment is gone.</summary>
    MissingSegment,

    /// <summary>A frame does not begin with the record that is due.</summary>
    WrongIndex,

    /// <summary>A root is not that of the records: one of them, or one before them, was changed.</summary>
    WrongRoot,

    /// <summary>A segment that is of another log or from another place in this one.</summary>
    WrongSegment,

    /// <summary>Bytes after the last frame that no header explains.</summary>
    UnexplainedBytes,

    /// <summary>Whole frames in what was cut off: a power cut took unsynced pages out of the middle, or somebody damaged a frame.</summary>
    LostFrames,

    /// <summary>A segment can't be read.</summary>
    Unreadable,

    /// <summary>A segment is larger than one can be, and is not read.</summary>
    TooLarge,

    /// <summary>Writers found less in the log than they had seen before, within one boot: somebody took something away.</summary>
    Shortened,

    /// <summary>A checkpoint says something else than what is there; or one that is kept elsewhere is not there.</summary>
    BadCheckpoint,

    /// <summary>A checkpoint is signed by another key than the one that is due, or that was given.</summary>
    WrongKey,

    /// <summary>The log ends before a checkpoint that is kept elsewhere: an older state of it was put back.</summary>
    RolledBack,
}

/// <summary>Something a reviewer should know, and where it is.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Record">The index of the record concerned, or of the one that is due there; null when that is not known.</param>
/// <param name="Segment">The segment's number.</param>
/// <param name="Offset">The place in the segment's file, in bytes.</param>
/// <param name="What">A phrase for people. It names no content.</param>
public sealed record JournalFinding(JournalFindingKind Kind, long? Record, long Segment, long Offset, string What)
{
    /// <summary>Whether it means that the journal is not what was written.</summary>
    public bool IsProblem =>
        Kind
            is not (
                JournalFindingKind.TornTail
                or JournalFindingKind.Recovered
                or JournalFindingKind.FlushFailed
                or JournalFindingKind.RecordNotUnderstood
            );

    /// <summary>One line.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Kind} at record {Record?.ToString(CultureInfo.InvariantCulture) ?? "?"}, segment {Segment}, offset {Offset}: {What}"
        );
}
