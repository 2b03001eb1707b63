using Osl.Operations;

namespace Osl.Security.Audit;

/// <summary>How far a verification has come: the place with its tree, how the last segment ended, and what was found.</summary>
internal sealed class VerifiedLog
{
    private const int FindingsAtMost = 1000;

    private readonly List<JournalFinding> _findings = [];
    private bool _torn;

    internal VerifiedLog(AuditVerifyOptions? options = null) => Notes = new NoteLedger(this, options ?? new AuditVerifyOptions());

    /// <summary>The log's name, once a header was read.</summary>
    internal UInt128? LogId { get; set; }

    /// <summary>Where we are, and the chain up to here.</summary>
    internal LogPlace Place { get; } = new();

    /// <summary>What the checkpoints prove.</summary>
    internal NoteLedger Notes { get; }

    /// <summary>The tree over all records so far.</summary>
    internal MerkleFrontier Tree => Place.Tree;

    /// <summary>Whether everything up to here is as it was written, so that checkpoints can be compared with it.</summary>
    internal bool IsWhole { get; private set; } = true;

    /// <summary>What was found that means that the log is not what was written: of all findings, not of the first ones only.</summary>
    internal HashSet<JournalFindingKind> Problems { get; } = [];

    /// <summary>Whether <see cref="Tree"/> is what the log's own bytes give. Not so after damage, until a header tells anew.</summary>
    internal bool IsTreeKnown { get; private set; } = true;

    internal long Segments { get; set; }

    internal void LoseTree() => IsTreeKnown = IsWhole = false;

    internal void TakeTree(MerkleFrontier tree)
    {
        Tree.CopyFrom(tree);
        IsTreeKnown = true;
    }

    internal void Report(JournalFindingKind kind, long segment, long offset, string what)
    {
        var finding = new JournalFinding(kind, IsTreeKnown ? Tree.Size : null, segment, offset, what);
        _torn |= kind == JournalFindingKind.TornTail;
        if (finding.IsProblem)
        {
            Problems.Add(kind);
        }

        // A checkpoint that is wrong says nothing about the bytes that follow.
        IsWhole &= !finding.IsProblem || kind is JournalFindingKind.BadCheckpoint or JournalFindingKind.WrongKey;
        if (_findings.Count < FindingsAtMost)
        {
            _findings.Add(finding);
        }
    }

    internal JournalVerification Conclude()
    {
        Notes.Conclude();
        Span<byte> root = stackalloc byte[JournalFormat.HashSize];
        Tree.Root(root);
        var verdict =
            Problems.Count > 0 ? JournalVerdict.Damaged
            : Segments == 0 ? JournalVerdict.Empty
            : _torn ? JournalVerdict.TornTail
            : JournalVerdict.Clean;
        return new(
            verdict,
            LogId is { } log ? JournalFormat.LogName(log) : null,
            Tree.Size,
            Segments,
            Convert.ToHexStringLower(root),
            _findings.ToValueList()
        );
    }
}
