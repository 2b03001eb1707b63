using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>Verifies one segment: its header against what came before it, its frames, and what follows them.</summary>
internal sealed class SegmentVerifier
{
    private readonly IJournalStorage _storage;
    private readonly string _directory;
    private readonly SegmentFile _segment;
    private readonly VerifiedLog _log;
    private readonly long _number;
    private SegmentHeader? _next;
    private bool _rootReported;

    private SegmentVerifier(IJournalStorage storage, string directory, SegmentFile segment, VerifiedLog log)
    {
        _storage = storage;
        _directory = directory;
        _segment = segment;
        _log = log;
        _number = segment.Number;
    }

    internal static void Verify(IJournalStorage storage, string directory, long number, VerifiedLog log)
    {
        log.Segments++;
        using var segment = SegmentFile.TryOpen(storage, directory, number, out var unreadable);
        if (segment is null)
        {
            log.Report(JournalFindingKind.Unreadable, number, 0, unreadable ?? "the segment has vanished");
            log.LoseTree();
            return;
        }

        try
        {
            if (segment.SizeProblem is { } tooLarge)
            {
                log.Report(JournalFindingKind.TooLarge, number, JournalFormat.MaxSegment, tooLarge);
                log.LoseTree();
                return;
            }

            var verifier = new SegmentVerifier(storage, directory, segment, log);
            verifier.VerifyHeader();
            verifier.VerifyEnd(verifier.VerifyFrames());
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            log.Report(JournalFindingKind.Unreadable, number, 0, failure.Message);
            log.LoseTree();
        }
    }

    private void VerifyHeader()
    {
        if (_segment.Header is not { } header)
        {
            _log.Report(JournalFindingKind.DamagedHeader, _number, 0, _segment.HeaderProblem);
            return; // The tree is still what the frames before gave; if that is right, so is what follows.
        }

        if (header.Number != _number)
        {
            Wrong(string.Create(CultureInfo.InvariantCulture, $"the header says that this is segment {header.Number}"));
        }

        if (_log.LogId is { } log && log != header.LogId)
        {
            Wrong("the segment is of another log");
        }

        if (header.Reason == SegmentReason.First != (_number == 0))
        {
            Wrong("only segment 0 is the first");
        }

        _log.LogId ??= header.LogId;
        if (_log.IsTreeKnown && (header.Tree.Size != _log.Tree.Size || !header.Tree.Nodes.SequenceEqual(_log.Tree.Nodes)))
        {
            var what = string.Create(
                CultureInfo.InvariantCulture,
                $"the header continues a log of {header.Tree.Size} records, but it is not the one of {_log.Tree.Size} records before it"
            );
            _log.Report(JournalFindingKind.WrongRoot, _number, 0, what);
        }

        _log.TakeTree(header.Tree);
        _log.Place.LogId = header.LogId;
        _log.Place.PassHeader(_number, _segment.HeaderBytes);
        if (header.Missing is { } missing)
        {
            var what = string.Create(
                CultureInfo.InvariantCulture,
                $"writers had seen {missing.Records} records, up to segment {missing.Segment}, offset {missing.Offset}, and then found {header.Tree.Size}"
            );
            _log.Report(JournalFindingKind.Shortened, _number, 0, what);
        }
    }

    /// <summary>Goes through the frames and says where they end.</summary>
    private long VerifyFrames()
    {
        // Looked for again only where frames end: should the next one be opened meanwhile and disown a frame that was read here, that is
        // found below, and the log is looked at once more (JournalVerifier).
        PeekNext();
        var scanner = _segment.Scan();
        while (true)
        {
            if (scanner.Next >= _next?.PreviousEnd)
            {
                return scanner.Next;
            }

            var status = scanner.MoveNext();
            if (status != ScanStatus.Frame)
            {
                PeekNext(); // If the next segment was opened just now, it says whether the log ends here.
                if (scanner.Offset >= _next?.PreviousEnd || !ReportAndResume(scanner, status))
                {
                    return _next?.PreviousEnd ?? _segment.Length;
                }
            }

            VerifyFrame(scanner);
        }
    }

    private void PeekNext() => _next ??= SegmentFile.PeekHeader(_storage, _directory, _number + 1);

    private void VerifyFrame(SegmentScanner scanner)
    {
        if (!_log.IsTreeKnown)
        {
            return; // Good in itself; more can't be said until a header gives the tree again.
        }

        var first = scanner.Header.First;
        if (first != _log.Tree.Size)
        {
            var what = string.Create(CultureInfo.InvariantCulture, $"record {_log.Tree.Size} is due, but record {first} follows");
            _log.Report(JournalFindingKind.WrongIndex, _number, scanner.Offset, what);
            _log.LoseTree();
        }
        else if (TreeCheck.Apply(_log.Tree, scanner.Frame) is { } problem && !_rootReported)
        {
            // All later roots of the segment are then wrong too; one report says it.
            _rootReported = true;
            _log.Report(JournalFindingKind.WrongRoot, _number, scanner.Offset, problem);
        }

        if (_log.IsWhole)
        {
            _log.Notes.Pass(scanner.Header.Type, scanner.Frame);
        }
    }

    /// <summary>Where no frame is: reports it unless the log just ends, and goes to the next frame if there is one.</summary>
    private bool ReportAndResume(SegmentScanner scanner, ScanStatus status)
    {
        var (at, what) = (scanner.Offset, status == ScanStatus.End ? "zeros where a frame should be" : scanner.Problem);
        var end = _next?.PreviousEnd;
        if (scanner.MoveToFrame(end ?? _segment.Length))
        {
            // If a writer has meanwhile finished what stood here, nothing is wrong: frames appear in order.
            var resume = scanner.Offset;
            if (!scanner.IsFrameAt(at) && scanner.IsFrameAt(resume))
            {
                _log.Report(JournalFindingKind.DamagedFrame, _number, at, what + "; the log goes on after it");
                _log.LoseTree();
            }

            return true;
        }

        if (end is not null)
        {
            _log.Report(
                status == ScanStatus.End ? JournalFindingKind.MissingFrames : JournalFindingKind.DamagedFrame,
                _number,
                at,
                string.Create(CultureInfo.InvariantCulture, $"{what}; the next segment says that frames go on to {end}")
            );
            _log.LoseTree();
        }
        else if (Residue.Find(_storage, _segment.File, at).Length is > 0 and var length)
        {
            _log.Report(
                JournalFindingKind.TornTail,
                _number,
                at,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{length} bytes that are no frame ({(status == ScanStatus.End ? "after zeros" : what)})"
                )
            );
        }

        return false;
    }

    /// <summary>What follows the frames of a segment that has a successor has to be what the successor says.</summary>
    private void VerifyEnd(long end)
    {
        if (_next is not { } next)
        {
            return;
        }

        if (end != next.PreviousEnd)
        {
            var what = string.Create(
                CultureInfo.InvariantCulture,
                $"a frame crosses {next.PreviousEnd}, where the next segment says that frames end"
            );
            _log.Report(JournalFindingKind.WrongSegment, _number, end, what);
            return;
        }

        var (length, hash) = Residue.Find(_storage, _segment.File, end);
        var describe = string.Create(CultureInfo.InvariantCulture, $"{length} bytes after the last frame were given up");
        if (next.Reason == SegmentReason.FlushFailed)
        {
            _log.Report(JournalFindingKind.FlushFailed, _number, end, "the segment could not be synced; " + describe);
        }
        else if (length != next.ResidueLength || !hash.AsSpan().SequenceEqual(next.ResidueHash))
        {
            _log.Report(
                JournalFindingKind.UnexplainedBytes,
                _number,
                end,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{length} bytes follow that are not the {next.ResidueLength} which the next segment tells of"
                )
            );
        }
        else if (length > 0 && next.Reason is not (SegmentReason.Torn or SegmentReason.Short))
        {
            _log.Report(JournalFindingKind.UnexplainedBytes, _number, end, describe + ", for no reason that would explain them");
        }
        else if (length > 0)
        {
            var scanner = _segment.Scan();
            scanner.MoveTo(end);
            // The first place is looked at as well: a frame that was whole but did not continue the log.
            var holdsFrames = scanner.IsFrameAt(end) || scanner.MoveToFrame(end + length);
            _log.Report(holdsFrames ? JournalFindingKind.LostFrames : JournalFindingKind.Recovered, _number, end, describe);
        }
    }

    private void Wrong(string what) => _log.Report(JournalFindingKind.WrongSegment, _number, 0, what);
}
