using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>What a note was found to be.</summary>
internal enum NoteJudgement
{
    /// <summary>It says what is there, and the key that was due has signed it.</summary>
    Good,

    /// <summary>It says what is there, but another key has signed it.</summary>
    WrongKey,

    /// <summary>It does not say what is there.</summary>
    Wrong,
}

/// <summary>
/// A place between two frames, and all that is known of the log up to it: the tree over its records, the chain over everything else
/// in its files, and which key signs from there on. It moves only over bytes that were looked at.
/// </summary>
/// <remarks>
/// The chain is what the tree leaves open: segment headers, the headers of frames with their times and limits, and notes. It begins
/// with 32 zeros and becomes SHA-256(chain ‖ bytes) of each header (4,096 bytes), of each records frame's first 64 bytes (its root
/// stands for the rest), and of each other frame as a whole. adr/0027-signed-checkpoints.md.
/// </remarks>
internal sealed class LogPlace
{
    private readonly byte[] _chain = new byte[JournalFormat.HashSize];

    internal UInt128 LogId { get; set; }

    /// <summary>The segment; -1 before the first.</summary>
    internal long Segment { get; set; } = -1;

    /// <summary>Where the next frame begins.</summary>
    internal long Offset { get; set; }

    internal MerkleFrontier Tree { get; } = new();

    internal Span<byte> Chain => _chain;

    /// <summary>The key that signs from here on; null as long as none has.</summary>
    internal AuditPublicKey? Key { get; set; }

    /// <summary>The size that the last note by <see cref="Key"/> itself covered; -1 when none is known.</summary>
    internal long NotedSize { get; set; } = -1;

    internal void CopyFrom(LogPlace other)
    {
        (LogId, Segment, Offset, Key, NotedSize) = (other.LogId, other.Segment, other.Offset, other.Key, other.NotedSize);
        Tree.CopyFrom(other.Tree);
        other._chain.CopyTo(_chain, 0);
    }

    internal bool IsAt(long segment, long offset) => Segment == segment && Offset == offset;

    /// <summary>Moves behind a segment's header.</summary>
    internal void PassHeader(long segment, ReadOnlySpan<byte> header)
    {
        Extend(_chain, header[..JournalFormat.HeaderSize]);
        (Segment, Offset) = (segment, JournalFormat.HeaderSize);
    }

    /// <summary>Moves behind the header of a segment that we opened ourselves, if it stands where that one was left.</summary>
    internal void PassOwnHeader(long leftSegment, long leftEnd, SegmentHeader header, bool isFirst)
    {
        if (isFirst ? Segment >= 0 : !IsAt(leftSegment, leftEnd))
        {
            return;
        }

        LogId = header.LogId;
        var bytes = new byte[JournalFormat.HeaderSize];
        header.Write(bytes);
        PassHeader(header.Number, bytes);
    }

    /// <summary>Moves behind a frame of which the tree is known already: one that we wrote ourselves.</summary>
    internal void PassOwn(ReadOnlySpan<byte> frame, MerkleFrontier after)
    {
        Tree.CopyFrom(after);
        Pass(frame);
    }

    /// <summary>Moves behind a frame that somebody wrote.</summary>
    /// <returns>What is wrong with it; null when it continues the log.</returns>
    internal string? PassRead(ReadOnlySpan<byte> frame)
    {
        if (TreeCheck.Apply(Tree, frame) is { } problem)
        {
            return problem;
        }

        string? what = null;
        if (FrameHeader.Read(frame).Type != FrameType.Records && JudgeNote(frame, out _, out what) != NoteJudgement.Good)
        {
            return what;
        }

        Pass(frame);
        return null;
    }

    /// <summary>Judges a frame that holds a note and stands here. Takes over its key and its size if it is good.</summary>
    internal NoteJudgement JudgeNote(ReadOnlySpan<byte> frame, out AuditCheckpoint? note, out string? problem)
    {
        var items = new FrameItems(frame);
        var header = FrameHeader.Read(frame);
        note = items.MoveNext() && header.Count == 1 ? AuditCheckpoint.TryParse(items.Current) : null;
        problem =
            note is null ? "the frame holds no checkpoint"
            : (header.Type == FrameType.Key) != (note.NextKey is not null) ? "only a key frame names a key"
            : header.Time != note.Microseconds ? "the frame has another time than the checkpoint in it"
            : Contradiction(note);
        if (problem is not null)
        {
            return NoteJudgement.Wrong;
        }

        // The first key vouches for itself: whether it is the right one is told by a key kept elsewhere, and by nothing else.
        if ((Key ?? note!.NextKey) is not { } due || !note!.IsSignedBy(due))
        {
            problem =
                $"the checkpoint is signed by key {note!.KeyFingerprint}, not by the one that is due ({Key?.Fingerprint ?? "its own"})";
            return NoteJudgement.WrongKey;
        }

        Key = note.NextKey ?? Key;
        NotedSize = string.Equals(note.KeyFingerprint, Key!.Fingerprint, StringComparison.Ordinal) ? note.Records : -1;
        return NoteJudgement.Good;
    }

    /// <summary>What a note says that is not so here; null when all is.</summary>
    internal string? Contradiction(AuditCheckpoint note)
    {
        Span<byte> root = stackalloc byte[JournalFormat.HashSize];
        Tree.Root(root);
        return !string.Equals(note.LogId, JournalFormat.LogName(LogId), StringComparison.Ordinal)
                ? $"the checkpoint is of log {note.LogId}, this is {JournalFormat.LogName(LogId)}"
            : !IsAt(note.Segment, note.Offset)
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"the checkpoint is of segment {note.Segment}, offset {note.Offset}, not of this place"
                )
            : note.Records != Tree.Size
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"the checkpoint covers {note.Records} records, but {Tree.Size} stand before this place"
                )
            : !root.SequenceEqual(note.RootBytes) ? "the records are not those that the checkpoint covers"
            : !_chain.AsSpan().SequenceEqual(note.Chain) ? "headers, times or checkpoints before this place are not those that were signed"
            : null;
    }

    /// <summary>Moves behind a frame without a look at the tree.</summary>
    internal void Pass(ReadOnlySpan<byte> frame)
    {
        var isRecords = FrameHeader.Read(frame).Type == FrameType.Records;
        Extend(_chain, isRecords ? frame[..JournalFormat.FrameHeaderSize] : frame);
        Offset += frame.Length;
    }

    private static void Extend(Span<byte> chain, ReadOnlySpan<byte> bytes) => MerkleFrontier.HashTwo(chain, bytes, chain);
}
