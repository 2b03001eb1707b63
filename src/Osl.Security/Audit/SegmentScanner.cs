using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

/// <summary>What stands at a place of a segment.</summary>
internal enum ScanStatus
{
    /// <summary>A frame whose own bytes are right.</summary>
    Frame,

    /// <summary>Zeros or the end of the file: the log ends here, for now.</summary>
    End,

    /// <summary>Bytes that are no frame.</summary>
    Bad,
}

/// <summary>
/// Reads a segment frame by frame: for recovery, for the reader and for the verifier. It judges a frame's own bytes (length,
/// checksum, inner lengths); whether the frame belongs here is judged by whoever knows the tree.
/// </summary>
/// <remarks>
/// Takes no lock. What is read ahead may be older than the file, so an end or a bad frame is looked at afresh before it is reported;
/// and while bytes there are still changing, a writer is at work and it is looked at again.
/// </remarks>
internal sealed class SegmentScanner(IJournalStorage storage, SafeFileHandle file, long offset)
{
    private const int ReadAhead = 256 * 1024;
    private const int Rereads = 64;

    private byte[] _buffer = new byte[ReadAhead];
    private long _bufferAt;
    private int _buffered;
    private int _frameLength;

    /// <summary>Where the frame just read begins; else where the end or the bad bytes are.</summary>
    internal long Offset { get; private set; } = offset;

    /// <summary>The frame just read.</summary>
    internal ReadOnlySpan<byte> Frame => _buffer.AsSpan((int)(Offset - _bufferAt), _frameLength);

    /// <summary>The header of the frame just read.</summary>
    internal FrameHeader Header => FrameHeader.Read(Frame);

    /// <summary>What is wrong, after <see cref="ScanStatus.Bad"/>.</summary>
    internal string Problem { get; private set; } = "";

    /// <summary>Where the next frame would begin.</summary>
    internal long Next => Offset + _frameLength;

    /// <summary>Goes on to the next frame, or stays where there is none.</summary>
    internal ScanStatus MoveNext()
    {
        Offset = Next;
        _frameLength = 0;
        var status = Examine();
        var seen = 0u;
        for (var i = 0; i < Rereads && status != ScanStatus.Frame; i++)
        {
            _buffered = 0;
            status = Examine();
            var now = JournalFormat.Crc32C(_buffer.AsSpan(0, _buffered));
            if (status == ScanStatus.End || (i > 0 && now == seen))
            {
                break;
            }

            seen = now;
        }

        return status;
    }

    /// <summary>
    /// Goes on to the next place that holds a whole frame, wherever it is: to see whether the log goes on after bad bytes.
    /// </summary>
    /// <returns>Whether there is one before <paramref name="limit"/>.</returns>
    internal bool MoveToFrame(long limit)
    {
        // Frames begin at multiples of 8. Most places are ruled out by their length alone.
        for (var place = (Offset + 8) & ~7L; place + JournalFormat.FrameHeaderSize <= limit; place += 8)
        {
            MoveTo(place);
            var head = Load(JournalFormat.FrameHeaderSize);
            if (head.Length < JournalFormat.FrameHeaderSize)
            {
                return false;
            }

            // Most of what follows the last frame are zeros, up to a gigabyte of them.
            var ahead = _buffer.AsSpan((int)(place - _bufferAt), (int)(_bufferAt + _buffered - place));
            var zeros = (ahead.IndexOfAnyExcept((byte)0) is >= 0 and var some ? some : ahead.Length) & ~7;
            if (zeros > 0)
            {
                place += zeros - 8;
                continue;
            }

            if (FrameHeader.IsPlausible(BinaryPrimitives.ReadInt32LittleEndian(head)) && Examine() == ScanStatus.Frame)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Looks at one place: whether a whole frame stands there now.</summary>
    internal bool IsFrameAt(long place)
    {
        MoveTo(place);
        return MoveNext() == ScanStatus.Frame;
    }

    /// <summary>Steps over bytes without judging them.</summary>
    internal void MoveTo(long offset)
    {
        Offset = offset;
        _frameLength = 0;
    }

    private ScanStatus Examine()
    {
        var head = Load(JournalFormat.FrameHeaderSize);
        if (head.Length < sizeof(int) || head[..sizeof(int)].IndexOfAnyExcept((byte)0) < 0)
        {
            // A length of zero ends the log, and so does the end of the file unless a part of a length stands there.
            Problem = "the length is cut off";
            return head.IndexOfAnyExcept((byte)0) < 0 || head.Length >= sizeof(int) ? ScanStatus.End : ScanStatus.Bad;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (!FrameHeader.IsPlausible(length))
        {
            Problem = string.Create(CultureInfo.InvariantCulture, $"{length} can't be the length of a frame");
            return ScanStatus.Bad;
        }

        var frame = Load(length);
        if (frame.Length < length)
        {
            Problem = string.Create(CultureInfo.InvariantCulture, $"the file ends {length - frame.Length} bytes before the frame does");
            return ScanStatus.Bad;
        }

        if (FrameHeader.Check(frame) is { } problem)
        {
            Problem = problem;
            return ScanStatus.Bad;
        }

        _frameLength = length;
        return ScanStatus.Frame;
    }

    private ReadOnlySpan<byte> Load(int wanted)
    {
        var start = Offset - _bufferAt;
        if (start < 0 || start + wanted > _buffered)
        {
            if (wanted > _buffer.Length)
            {
                _buffer = new byte[Math.Max(wanted, Math.Min(2 * _buffer.Length, JournalFormat.MaxFrame))];
            }

            _bufferAt = Offset;
            _buffered = storage.Read(file, _buffer, Offset);
            start = 0;
        }

        return _buffer.AsSpan((int)start, (int)Math.Min(wanted, _buffered - start));
    }
}
