namespace Osl.Security.Audit;

/// <summary>Moves a place along the log by reading it: what others wrote since it was last looked at.</summary>
internal sealed class LogWalker(IJournalStorage storage, string directory)
{
    /// <summary>
    /// Moves through all segments that have a successor. Needs no lock: those don't change any more. Never reports anything: under the
    /// lock it is looked at again.
    /// </summary>
    internal void WalkAhead(LogPlace place)
    {
        while (SegmentFile.PeekHeader(storage, directory, Math.Max(place.Segment, 0) + 1) is { } next)
        {
            var from = place.Segment;
            if (Walk(place, next.Number - 1, next.PreviousEnd) is not null || EnterNext(place) is not null || place.Segment == from)
            {
                return;
            }
        }
    }

    /// <summary>Moves to where the log ends. Under the lock.</summary>
    /// <returns>Why the log between here and there is not one that can be signed; null when the place has been reached.</returns>
    internal string? WalkTo(LogPlace place, long segment, long offset) => Walk(place, segment, offset);

    private string? Walk(LogPlace place, long toSegment, long toOffset)
    {
        // Moved only over what was good: a place that stops short can go on from there.
        while (!place.IsAt(toSegment, toOffset))
        {
            if (place.Segment > toSegment)
            {
                return "the log ends before the place that was signed last";
            }

            var from = (place.Segment, place.Offset);
            using var segment = SegmentFile.TryOpen(storage, directory, Math.Max(place.Segment, 0), out var unreadable);
            if (segment?.Header is not { } header)
            {
                return unreadable ?? segment?.HeaderProblem ?? $"{JournalFormat.SegmentName(Math.Max(place.Segment, 0))} is gone";
            }

            if (place.Segment < 0)
            {
                place.LogId = header.LogId;
                place.PassHeader(0, segment.HeaderBytes);
            }
            else if (header.LogId != place.LogId)
            {
                return $"the key has signed log {JournalFormat.LogName(place.LogId)}, and this is {JournalFormat.LogName(header.LogId)}";
            }

            var problem = WalkSegment(place, segment, toSegment, toOffset) ?? (place.Segment < toSegment ? EnterNext(place) : null);
            if (problem is not null)
            {
                return problem;
            }

            if (from == (place.Segment, place.Offset))
            {
                return "there is no frame where one is due";
            }
        }

        return null;
    }

    private string? WalkSegment(LogPlace place, SegmentFile segment, long toSegment, long toOffset)
    {
        // What stands behind this may be whole frames too: such as could not be synced, and were given up.
        var end = place.Segment == toSegment ? toOffset : SegmentFile.PeekHeader(storage, directory, place.Segment + 1)?.PreviousEnd;
        var scanner = new SegmentScanner(storage, segment.File, place.Offset);
        while (place.Offset < end)
        {
            if (scanner.MoveNext() != ScanStatus.Frame)
            {
                return "there is no frame where one is due";
            }

            if (place.PassRead(scanner.Frame) is { } problem)
            {
                return problem;
            }
        }

        return place.Offset == end ? null : "the log ends before the place that was signed last";
    }

    private string? EnterNext(LogPlace place)
    {
        using var segment = SegmentFile.TryOpen(storage, directory, place.Segment + 1, out _);
        if (
            segment?.Header is not { } header
            || header.LogId != place.LogId
            || header.PreviousEnd != place.Offset
            || header.Tree.Size != place.Tree.Size
            || !header.Tree.Nodes.SequenceEqual(place.Tree.Nodes)
        )
        {
            return $"{JournalFormat.SegmentName(place.Segment + 1)} does not continue what was signed";
        }

        place.PassHeader(header.Number, segment.HeaderBytes);
        return null;
    }
}
