using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

// The end of the log: where the next frame goes, and how that place is found, extended and given up.
//
// Constraints
//   * Several processes append. Whoever holds the lock (LOCK, see IJournalStorage) may move the end; nobody else may.
//   * Each of them can be killed at any instruction, and the machine can lose power; a write can fail half-way.
//   * Nothing that was written is ever overwritten or cut off: what is wrong is left where it is and explained.
//
// Scheme
//   * CatchUp, under the lock, makes sure that we know the end. In the common case LOCK holds the very hint that we wrote last and
//     the bytes at the end are zero: two small reads. If the hint moved, another process appended: its frontier is taken over after
//     the root in the last frame has confirmed it. If there is no hint to believe (another boot, a torn hint), the newest segment
//     is read from its header. In either case frames beyond the hint are read and taken over: somebody died between frame and hint.
//     So a record that was never acknowledged may be in the log; one that was acknowledged always is.
//   * One way out of every trouble: OpenNext. Bad bytes at the end, a failed flush and a full segment all lead to a new segment,
//     whose header says why, where the frames of the old one end, and what (length, SHA-256) follows there. The new file is made
//     under a temporary name, synced, renamed, and the directory synced, so a segment that has a name has a whole header. The old
//     one is synced first: what follows in the log never survives a power cut that what precedes it does not.
//   * Between "I will open the next segment" and the hint that it is open, LOCK says Leaving, and whoever comes then looks for it.
//   * Room is made before it is needed, by writing zeros (1 MiB ahead): then a full disk fails there, where nothing is torn, and a
//     sync of the frame has no metadata to write.
//   * After a failed flush the kernel counts the lost pages as clean: asking again would succeed and prove nothing. The segment is
//     poisoned, in memory and in LOCK; its last frame, which nobody was told of, is left behind as residue.
//
// The format is in knowledge/journal-format.md, the reasons for it in adr/0008-journal-format.md.
// Not thread-safe. Failures of the storage are exceptions (JournalStorage.IsFailure); after one, CatchUp looks at everything again.
internal sealed class JournalTail : IDisposable
{
    private readonly IJournalStorage _storage;
    private readonly string _directory;
    private readonly AuditJournalOptions _options;
    private readonly SafeFileHandle _lock;
    private readonly SegmentCreator _creator;
    private readonly MerkleFrontier _tree = new();
    private readonly MerkleFrontier _ahead = new();
    private readonly JournalHint _hint = new();
    private readonly byte[] _hintBytes = new byte[JournalHint.MaxSize];
    private readonly byte[] _readBytes = new byte[JournalHint.MaxSize];
    private readonly byte[] _root = new byte[JournalFormat.HashSize];
    private int _hintLength;

    private SafeFileHandle? _segment;
    private UInt128 _logId;
    private long _number;
    private long _end;
    private long _lastFrame;
    private long _allocated;
    private long _poisoned = -1;
    private bool _sound;

    internal JournalTail(IJournalStorage storage, string directory, AuditJournalOptions options)
    {
        _storage = storage;
        _directory = directory;
        _options = options;
        _creator = new SegmentCreator(storage, directory, options);
        _lock = storage.OpenOrCreate(Path.Combine(directory, JournalFormat.LockName));
    }

    /// <summary>How many records the log has; right after <see cref="CatchUp"/>.</summary>
    internal long Size => _tree.Size;

    internal bool TryLock() => _storage.TryLock(_lock);

    internal void Lock() => _storage.Lock(_lock);

    internal void Unlock() => _storage.Unlock(_lock);

    /// <summary>Whether nothing has moved and a frame of this length fits without further ado: a write is all it takes.</summary>
    internal bool IsReadyFor(int frameLength) =>
        _sound && _end + frameLength <= Math.Min(_allocated, _options.SegmentSize) && HintIsOurs() && IsZeroAt(_end);

    /// <summary>Finds the end of the log, and repairs it if need be. Under the lock.</summary>
    /// <exception cref="IOException">It can't be found, or there is no way to go on.</exception>
    internal void CatchUp()
    {
        if (_sound && HintIsOurs() && IsZeroAt(_end))
        {
            return;
        }

        var flags = HintFlags.None;
        var whole = false;
        _sound = false;
        if (_hint.TryRead(_readBytes.AsSpan(0, ReadHint())) && _hint.Boot == _storage.Boot && _storage.Boot != 0 && TryAdoptHint())
        {
            flags = _hint.Flags;
            _poisoned = flags.HasFlag(HintFlags.Poisoned) ? _number : _poisoned;
        }
        else
        {
            whole = true;
            if (!OpenNewest())
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

        if (_poisoned == _number)
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

    /// <summary>Appends one frame of records. Under the lock, after <see cref="CatchUp"/>.</summary>
    /// <param name="batch">The records and where the frame is put together.</param>
    /// <param name="sync">Whether it has to be durable when this returns.</param>
    /// <exception cref="IOException">It was not appended.</exception>
    internal void Append(FrameBuilder batch, bool sync)
    {
        _sound = false;
        if (_end + batch.Length > _options.SegmentSize && _lastFrame != 0)
        {
            OpenNext(SegmentReason.Full);
        }

        Reserve(_end + batch.Length);
        _ahead.CopyFrom(_tree);
        foreach (var leaf in batch.Leaves)
        {
            _ahead.Append(leaf);
        }

        _ahead.Root(_root);
        _storage.Write(_segment!, batch.Finish(_tree.Size, JournalFormat.Microseconds(_options.TimeProvider.GetUtcNow()), _root), _end);
        if (sync)
        {
            SyncOrPoison();
        }

        Advance(batch.Length, _ahead);
        WriteHint(HintFlags.None, mustSucceed: false);
        _sound = true;
    }

    public void Dispose()
    {
        _segment?.Dispose();
        _lock.Dispose();
    }

    private void Advance(int frameLength, MerkleFrontier tree)
    {
        _tree.CopyFrom(tree);
        _lastFrame = _end;
        _end += frameLength;
    }

    private void SyncOrPoison()
    {
        try
        {
            _storage.Sync(_segment!);
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            _poisoned = _number;
            WriteHint(HintFlags.Poisoned, mustSucceed: false);
            throw;
        }
    }

    private bool HintIsOurs()
    {
        // Any other hint differs within this length: it has a checksum.
        var now = _readBytes.AsSpan(0, _hintLength);
        return _hintLength > 0 && _storage.Read(_lock, now, 0) == _hintLength && now.SequenceEqual(_hintBytes.AsSpan(0, _hintLength));
    }

    private int ReadHint() => _storage.Read(_lock, _readBytes, 0);

    private bool IsZeroAt(long offset)
    {
        Span<byte> length = stackalloc byte[8];
        return length[.._storage.Read(_segment!, length, offset)].IndexOfAnyExcept((byte)0) < 0;
    }

    private void WriteHint(HintFlags flags, bool mustSucceed)
    {
        _hint.Boot = _storage.Boot;
        _hint.Segment = _number;
        _hint.End = _end;
        _hint.LastFrame = _lastFrame;
        _hint.Flags = flags;
        _hint.Tree.CopyFrom(_tree);
        _hintLength = _hint.Write(_hintBytes);
        try
        {
            _storage.Write(_lock, _hintBytes.AsSpan(0, _hintLength), 0);
        }
        catch (Exception failure) when (!mustSucceed && JournalStorage.IsFailure(failure))
        {
            // Others then find the hint before it, or none, and read on from there: the log itself is what counts.
            _hintLength = 0;
        }
    }

    /// <summary>Goes where the hint points, if the last frame there bears it out.</summary>
    private bool TryAdoptHint()
    {
        if ((_segment is null || _hint.Segment != _number) && !TryOpenSegment(_hint.Segment))
        {
            return false;
        }

        if (_hint.LastFrame != 0)
        {
            Span<byte> head = stackalloc byte[JournalFormat.FrameHeaderSize];
            if (_storage.Read(_segment!, head, _hint.LastFrame) < head.Length)
            {
                return false;
            }

            var frame = FrameHeader.Read(head);
            _hint.Tree.Root(_root);
            if (
                !FrameHeader.IsPlausible(frame.Length)
                || _hint.LastFrame + frame.Length != _hint.End
                || frame.Next != _hint.Tree.Size
                || !head[FrameHeader.RootAt..].SequenceEqual(_root)
            )
            {
                return false;
            }
        }
        else if (_hint.End != JournalFormat.HeaderSize || _hint.Tree.Size != _tree.Size)
        {
            return false;
        }

        _tree.CopyFrom(_hint.Tree);
        _end = _hint.End;
        _lastFrame = _hint.LastFrame;
        return true;
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

    private bool OpenNewest()
    {
        var newest = _storage.List(_directory).Select(JournalFormat.SegmentNumber).DefaultIfEmpty(-1).Max();
        if (newest < 0)
        {
            return _segment is null
                ? false
                : throw new IOException($"the segments in {_directory} have been removed while the journal was open");
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

    private void Stand(SafeFileHandle file, SegmentHeader header)
    {
        _segment?.Dispose();
        _segment = file;
        _logId = header.LogId;
        _number = header.Number;
        _tree.CopyFrom(header.Tree);
        _end = JournalFormat.HeaderSize;
        _lastFrame = 0;
        _allocated = 0;
    }

    /// <summary>Gives up the current segment, saying why, and opens the one after it.</summary>
    private void OpenNext(SegmentReason reason)
    {
        var residue = (Length: 0L, Hash: new byte[JournalFormat.HashSize]);
        if (reason == SegmentReason.First)
        {
            _logId = BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(16));
        }
        else
        {
            // What follows a failed flush may read differently from memory and from disk: no digest of it would be worth anything.
            if (reason != SegmentReason.FlushFailed)
            {
                SyncOrPoison();
                residue = FindResidue();
            }

            WriteHint(HintFlags.Leaving | (_poisoned == _number ? HintFlags.Poisoned : HintFlags.None), mustSucceed: true);
        }

        var header = new SegmentHeader
        {
            LogId = _logId,
            Number = reason == SegmentReason.First ? 0 : _number + 1,
            Time = JournalFormat.Microseconds(_options.TimeProvider.GetUtcNow()),
            Reason = reason,
            PreviousEnd = reason == SegmentReason.First ? 0 : _end,
            ResidueLength = residue.Length,
            ResidueHash = residue.Hash,
            Tree = _tree,
        };
        Stand(_creator.Create(header, out var allocated), header);
        _allocated = allocated;
        WriteHint(HintFlags.None, mustSucceed: false);
    }

    /// <summary>Sees to it that the file is there, and zero, up to an offset.</summary>
    private void Reserve(long upTo)
    {
        if (upTo <= _allocated)
        {
            return;
        }

        _allocated = _storage.Length(_segment!); // Another process may have been here.
        if (upTo <= _allocated)
        {
            return;
        }

        var from = Math.Max(_allocated, _end);
        try
        {
            _creator.WriteZeros(_segment!, from, Math.Max(upTo, Math.Min(from + _options.ZeroAhead, _options.SegmentSize)));
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure) && _storage.Length(_segment!) >= upTo)
        {
            // No room for all of it, but for this frame there is.
        }

        _allocated = _storage.Length(_segment!);
    }

    private (long Length, byte[] Hash) FindResidue() => Residue.Find(_storage, _segment!, _end);
}
