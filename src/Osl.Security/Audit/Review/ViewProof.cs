namespace Osl.Security.Audit;

/// <summary>
/// What a reader can prove of the records that it passes, from the first segment on that it reads: a segment's header holds the
/// hashes of all that is before it, so the first signed root after a record proves it, wherever the reading began.
/// </summary>
/// <remarks>
/// It proves what is shown, not that nothing else is there: that is <see cref="AuditVerifier"/>'s. Signatures are believed of the key
/// that was given and of those that it, or one after it, names within what is read. A stretch (<see cref="Run"/>) ends where one
/// frame does not continue the one before it, and nothing that comes later proves what is in it.
/// </remarks>
internal sealed class ViewProof(AuditVerifyOptions pins)
{
    private readonly List<AuditPublicKey> _trusted = pins.Key is { } key ? [key] : [];
    private readonly Dictionary<int, long> _provenTo = [];
    private readonly MerkleFrontier _tree = new();
    private readonly byte[] _root = new byte[JournalFormat.HashSize];
    private UInt128 _log;
    private bool _isKnown;

    /// <summary>The stretch that is being read.</summary>
    internal int Run { get; private set; }

    /// <summary>Whether somebody waits for the next signed root: then nothing may be passed over.</summary>
    internal bool IsWanted { get; set; }

    private string? Pinned => pins.Key?.Fingerprint ?? pins.Checkpoint?.KeyFingerprint;

    /// <summary>Whether a record of a stretch is proven; null when that can't be told yet.</summary>
    internal bool? IsProven(int run, long record) =>
        _provenTo.GetValueOrDefault(run) > record ? true
        : run == Run ? null
        : false;

    /// <summary>A segment begins.</summary>
    internal void Enter(SegmentHeader header)
    {
        var continues = header.LogId == _log && header.Tree.Size == _tree.Size && header.Tree.Nodes.SequenceEqual(_tree.Nodes);
        if (!_isKnown || !continues)
        {
            Lose();
            _log = header.LogId;
            _tree.CopyFrom(header.Tree);
            _isKnown = true;
        }
    }

    /// <summary>Something can't be read.</summary>
    internal void Lose()
    {
        Run++;
        _isKnown = false;
    }

    /// <summary>A whole frame, at its place.</summary>
    internal void Pass(long segment, long offset, ReadOnlySpan<byte> frame)
    {
        if (!_isKnown)
        {
            return;
        }

        if (pins.Checkpoint is { } kept && kept.Segment == segment && kept.Offset == offset && IsOfHere(kept))
        {
            _provenTo[Run] = _tree.Size;
        }

        if (TreeCheck.Apply(_tree, frame) is not null)
        {
            Lose();
        }
        else if (FrameHeader.Read(frame).Type != FrameType.Records)
        {
            PassNote(frame);
        }
    }

    private void PassNote(ReadOnlySpan<byte> frame)
    {
        var items = new FrameItems(frame);
        if (!items.MoveNext() || AuditCheckpoint.TryParse(items.Current) is not { } note || !IsOfHere(note))
        {
            return;
        }

        if (note.NextKey is { } named && string.Equals(named.Fingerprint, Pinned, StringComparison.Ordinal))
        {
            _trusted.Add(named);
        }

        if (!_trusted.Exists(note.IsSignedBy))
        {
            return;
        }

        _provenTo[Run] = note.Records;
        if (note.NextKey is { } next)
        {
            _trusted.Add(next);
        }
    }

    private bool IsOfHere(AuditCheckpoint note)
    {
        _tree.Root(_root);
        return note.Records == _tree.Size
            && note.RootBytes.AsSpan().SequenceEqual(_root)
            && string.Equals(note.LogId, JournalFormat.LogName(_log), StringComparison.Ordinal);
    }
}
