using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>
/// What a verification makes of the checkpoints: which records they cover, whether the key is one that was given, and whether the
/// checkpoint that is kept elsewhere stands where it says.
/// </summary>
/// <remarks>
/// A key is trusted if it is the one given, or if a trusted one names it. A checkpoint that only names the given key proves nothing:
/// a public key is known to many, and whoever signed before it may be anybody. As long as no key is given, the first one in the log
/// vouches for itself, and the log proves no more than that it agrees with itself.
/// </remarks>
internal sealed class NoteLedger(VerifiedLog log, AuditVerifyOptions options)
{
    private readonly AuditCheckpoint? _kept = options.Checkpoint;
    private bool _isKeptSeen;
    private bool _isTrusted;

    /// <summary>The fingerprint that was given: of the key, or of the one that signed the checkpoint kept elsewhere.</summary>
    internal string? Pinned { get; } = options.Key?.Fingerprint ?? options.Checkpoint?.KeyFingerprint;

    /// <summary>The last checkpoint that says what is there and is signed by the key that is due.</summary>
    internal AuditCheckpoint? Last { get; private set; }

    /// <summary>The last of those that a trusted key has signed.</summary>
    internal AuditCheckpoint? LastTrusted { get; private set; }

    /// <summary>Whether there are checkpoints, good or not.</summary>
    internal bool HasAny { get; private set; }

    /// <summary>Moves behind a frame whose tree was checked.</summary>
    internal void Pass(FrameType type, ReadOnlySpan<byte> frame)
    {
        var place = log.Place;
        var expected = _kept is not null && place.IsAt(_kept.Segment, _kept.Offset) ? _kept : null;
        var note = type == FrameType.Records ? null : Judge(place, frame);
        if (expected is not null)
        {
            Compare(expected, place, note);
        }

        place.Pass(frame);
    }

    /// <summary>Judges what the log as a whole shows.</summary>
    internal void Conclude()
    {
        if (_kept is { } kept && !_isKeptSeen && log.Problems.Count == 0)
        {
            ReportMissing(kept);
        }

        if (
            options.LogId is { } wanted
            && log.LogId is { } id
            && !string.Equals(wanted, JournalFormat.LogName(id), StringComparison.Ordinal)
        )
        {
            Report(JournalFindingKind.WrongSegment, $"this is log {JournalFormat.LogName(id)}, not {wanted}");
        }

        if (Pinned is not null && HasAny && LastTrusted is null && log.Problems.Count == 0)
        {
            Report(JournalFindingKind.WrongKey, $"no checkpoint in the log is signed by key {Pinned}");
        }
    }

    private AuditCheckpoint? Judge(LogPlace place, ReadOnlySpan<byte> frame)
    {
        HasAny = true;
        var judgement = place.JudgeNote(frame, out var note, out var problem);
        if (judgement != NoteJudgement.Good)
        {
            Report(judgement == NoteJudgement.WrongKey ? JournalFindingKind.WrongKey : JournalFindingKind.BadCheckpoint, problem!);
            return null;
        }

        Last = note;
        _isTrusted |= Pinned is not null && string.Equals(note!.KeyFingerprint, Pinned, StringComparison.Ordinal);
        LastTrusted = _isTrusted ? note : LastTrusted;
        return note;
    }

    private void Compare(AuditCheckpoint expected, LogPlace place, AuditCheckpoint? found)
    {
        _isKeptSeen = true;
        if (place.Contradiction(expected) is { } problem)
        {
            // The root proves that something differs, not where: somewhere after the last place that is proven.
            Report(
                JournalFindingKind.BadCheckpoint,
                string.Create(CultureInfo.InvariantCulture, $"{problem}; something after record {LastTrusted?.Records ?? 0} was changed")
            );
        }
        else if (!string.Equals(found?.ToString(), expected.ToString(), StringComparison.Ordinal))
        {
            Report(JournalFindingKind.BadCheckpoint, "the checkpoint that is kept elsewhere was taken out of the log");
        }
    }

    private void ReportMissing(AuditCheckpoint kept)
    {
        var place = log.Place;
        if (log.LogId is { } id && !string.Equals(kept.LogId, JournalFormat.LogName(id), StringComparison.Ordinal))
        {
            Report(JournalFindingKind.BadCheckpoint, $"the checkpoint is of log {kept.LogId}, and this is {JournalFormat.LogName(id)}");
        }
        else if (place.Segment < kept.Segment || (place.Segment == kept.Segment && place.Offset <= kept.Offset))
        {
            Report(
                JournalFindingKind.RolledBack,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the log ends here, with {place.Tree.Size} records; the checkpoint covers {kept.Records} and stands further on"
                )
            );
        }
        else
        {
            Report(JournalFindingKind.BadCheckpoint, "the log passes the place of the checkpoint without it");
        }
    }

    private void Report(JournalFindingKind kind, string what) => log.Report(kind, Math.Max(0, log.Place.Segment), log.Place.Offset, what);
}
