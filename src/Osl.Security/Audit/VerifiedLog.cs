using System.Globalization;
using Osl.Operations;

namespace Osl.Security.Audit;

/// <summary>How far a verification has come: the tree so far, how the last segment ended, and what was found.</summary>
internal sealed class VerifiedLog
{
    private const int FindingsAtMost = 1000;

    private readonly List<JournalFinding> _findings = [];
    private bool _problems;
    private bool _torn;

    /// <summary>The log's name, once a header was read.</summary>
    internal UInt128? LogId { get; set; }

    /// <summary>The tree over all records so far.</summary>
    internal MerkleFrontier Tree { get; } = new();

    /// <summary>Whether <see cref="Tree"/> is what the log's own bytes give. Not so after damage, until a header tells anew.</summary>
    internal bool IsTreeKnown { get; private set; } = true;

    internal long Segments { get; set; }

    internal void LoseTree() => IsTreeKnown = false;

    internal void TakeTree(MerkleFrontier tree)
    {
        Tree.CopyFrom(tree);
        IsTreeKnown = true;
    }

    internal void Report(JournalFindingKind kind, long segment, long offset, string what)
    {
        var finding = new JournalFinding(kind, IsTreeKnown ? Tree.Size : null, segment, offset, what);
        _problems |= finding.IsProblem;
        _torn |= kind == JournalFindingKind.TornTail;
        if (_findings.Count < FindingsAtMost)
        {
            _findings.Add(finding);
        }
    }

    internal JournalVerification Conclude()
    {
        Span<byte> root = stackalloc byte[JournalFormat.HashSize];
        Tree.Root(root);
        var verdict =
            _problems ? JournalVerdict.Damaged
            : Segments == 0 ? JournalVerdict.Empty
            : _torn ? JournalVerdict.TornTail
            : JournalVerdict.Clean;
        return new(
            verdict,
            LogId?.ToString("x32", CultureInfo.InvariantCulture),
            Tree.Size,
            Segments,
            Convert.ToHexStringLower(root),
            _findings.ToValueList()
        );
    }
}
