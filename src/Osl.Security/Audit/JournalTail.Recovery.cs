using System.Buffers;

namespace Osl.Security.Audit;

/// <summary>How the end of the log is found; the scheme is told in JournalTail.cs.</summary>
internal sealed partial class JournalTail
{
    /// <summary>Finds the end of the log, and repairs it if need be. Under the lock.</summary>
    /// <exception cref="IOException">It can't be found, or there is no way to go on.</exception>
    internal void CatchUp()
    {
        if (_sound && _hints.IsOurs() && IsZeroAt(_end))
        {
            return;
        }

        var flags = HintFlags.None;
        KnownEnd? missing = null;
        var whole = false;
        _sound = false;
        var believed = _hints.TryRead();
        if (believed && TryAdopt(_hints.Hint))
        {
            flags = _hints.Hint.Flags;
            _poisoned = flags.HasFlag(HintFlags.Poisoned) ? _number : _poisoned;
        }
        else
        {
            whole = true;
            // Within one boot what was written is there, whoever was killed. Where a hint of this boot finds nothing to bear it out,
            // the log has been cut short or changed by somebody: that is told, and never taken for the work of a crash.
            missing = believed ? KnownEnd.Of(_hints.Hint) : null;
            if (!OpenNewest(missing))
            {
                OpenNext(SegmentReason.First);
                _sound = true;
                return;
            }
        }

        // What follows the end of a poisoned segment is the frame that failed: not the log's.
        var status = _poisoned == _number ? ScanStatus.End : ReadOn();
        while ((whole || flags != HintFlags.None) && TryOpenSegment(_number + 1))
        {
            _storage.SyncDirectory(_directory); // Whoever named it may have died before the name was durable.
            status = ReadOn();
        }

        if (missing is not null && !missing.Equals(_missing))
        {
            OpenNext(SegmentReason.Short, missing);
        }
        else if (_poisoned == _number)
        {
            OpenNext(SegmentReason.FlushFailed);
        }
        else if (status == ScanStatus.Bad || (whole && FindResidue().Length > 0))
        {
            // With a hint of this boot, zeros at the end mean that nothing follows: writes proceed from low to high addresses.
            // After a power cut pages reach the disk in any order, hence the look at all that follows.
            OpenNext(SegmentReason.Torn);
        }
        else
        {
            WriteHint(HintFlags.None, mustSucceed: false);
        }

        _sound = true;
    }

    /// <summary>Goes where the hint points, if the last frame there bears it out.</summary>
    private bool TryAdopt(JournalHint hint)
    {
        // A segment without frames is opened afresh: what is compared is the tree in its header, not how far we have come since.
        if ((_segment is null || hint.Segment != _number || hint.LastFrame == 0) && !TryOpenSegment(hint.Segment))
        {
            return false;
        }

        if (hint.LastFrame != 0)
        {
            Span<byte> head = stackalloc byte[JournalFormat.FrameHeaderSize];
            if (_storage.Read(_segment!, head, hint.LastFrame) < head.Length)
            {
                return false;
            }

            var frame = FrameHeader.Read(head);
            hint.Tree.Root(_root);
            if (
                !FrameHeader.IsPlausible(frame.Length)
                || hint.LastFrame + frame.Length != hint.End
                || frame.Next != hint.Tree.Size
                || !head[FrameHeader.RootAt..].SequenceEqual(_root)
                || !IsWholeFrame(hint.LastFrame, frame.Length)
            )
            {
                return false;
            }
        }
        else if (hint.End != JournalFormat.HeaderSize || hint.Tree.Size != _tree.Size)
        {
            return false;
        }

        _tree.CopyFrom(hint.Tree);
        _end = hint.End;
        _lastFrame = hint.LastFrame;
        return true;
    }

    private bool IsWholeFrame(long offset, int length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var frame = buffer.AsSpan(0, length);
            return _storage.Read(_segment!, frame, offset) == length && FrameHeader.Check(frame) is null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads frames from the known end on and takes over those that continue the log.</summary>
    private ScanStatus ReadOn()
    {
        var scanner = new SegmentScanner(_storage, _segment!, _end);
        while (true)
        {
            var status = scanner.MoveNext();
            if (status != ScanStatus.Frame)
            {
                return status;
            }

            _ahead.CopyFrom(_tree);
            if (TreeCheck.Apply(_ahead, scanner.Frame) is not null)
            {
                return ScanStatus.Bad;
            }

            Advance(scanner.Header.Length, _ahead);
        }
    }

    private bool OpenNewest(KnownEnd? missing)
    {
        var newest = _storage.List(_directory).Select(JournalFormat.SegmentNumber).DefaultIfEmpty(-1).Max();
        if (newest < 0)
        {
            return _segment is null && missing is null
                ? false
                : throw new IOException(
                    $"the segments in {_directory} have been removed since a journal was written there; "
                        + "put them back, or remove LOCK as well to begin a new log"
                );
        }

        return TryOpenSegment(newest) ? true : throw new IOException($"{JournalFormat.SegmentName(newest)} has vanished");
    }

    /// <summary>Opens a segment and stands behind its header; false when there is none of that number.</summary>
    private bool TryOpenSegment(long number)
    {
        var name = JournalFormat.SegmentName(number);
        var file = _storage.Open(Path.Combine(_directory, name), write: true);
        if (file is null)
        {
            return false;
        }

        var buffer = new byte[JournalFormat.HeaderSize];
        var header = SegmentHeader.TryRead(buffer.AsSpan(0, _storage.Read(file, buffer, 0)), out var problem);
        if (JournalFormat.SizeProblem(_storage.Length(file)) is { } tooLarge)
        {
            (header, problem) = (null, tooLarge);
        }

        if (header is null || header.Number != number || (_segment is not null && header.LogId != _logId))
        {
            file.Dispose();
            // A segment gets its name only when its header is whole, so this is damage, and only a person can judge it.
            throw new IOException(
                $"{name} is damaged ({(header is null ? problem : "it belongs to another place or log")}); verify the journal"
            );
        }

        Stand(file, header);
        return true;
    }
}
