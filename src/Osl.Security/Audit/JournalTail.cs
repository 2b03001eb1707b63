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
internal sealed partial class JournalTail : IDisposable
{
    private readonly IJournalStorage _storage;
    private readonly string _directory;
    private readonly AuditJournalOptions _options;
    private readonly HintFile _hints;
    private readonly SegmentCreator _creator;
    private readonly MerkleFrontier _tree = new();
    private readonly MerkleFrontier _ahead = new();
    private readonly byte[] _root = new byte[JournalFormat.HashSize];

    private SafeFileHandle? _segment;
    private UInt128 _logId;
    private long _number;
    private long _end;
    private long _lastFrame;
    private long _allocated;
    private long _synced;
    private long _opened;
    private long _poisoned = -1;
    private KnownEnd? _missing;
    private int _counted;
    private bool _sound;

    internal JournalTail(IJournalStorage storage, string directory, AuditJournalOptions options)
    {
        _storage = storage;
        _directory = directory;
        _options = options;
        _creator = new SegmentCreator(storage, directory, options);
        _hints = new HintFile(storage, directory);
    }

    /// <summary>How many records the log has; right after <see cref="CatchUp"/>.</summary>
    internal long Size => _tree.Size;

    internal UInt128 LogId => _logId;

    /// <summary>The segment in which the log ends.</summary>
    internal long Segment => _number;

    /// <summary>Where the next frame goes.</summary>
    internal long End => _end;

    internal MerkleFrontier Tree => _tree;

    /// <summary>Whether a frame may be lost in a power cut, as far as we know.</summary>
    internal bool NeedsSync => _synced != _end;

    /// <summary>Follows the frames that are written here, as long as it is at the end of the log.</summary>
    internal LogPlace? Witness { get; set; }

    internal bool TryLock() => _hints.TryLock();

    internal void Lock() => _hints.Lock();

    internal void Unlock()
    {
        _counted = 0;
        _hints.Unlock();
    }

    /// <inheritdoc cref="HintFile.Peek"/>
    internal uint Peek() => _hints.Peek();

    /// <summary>Whether nothing has moved and a frame of this length fits without further ado: a write is all it takes.</summary>
    internal bool IsReadyFor(int frameLength) =>
        _sound && _end + frameLength <= Math.Min(_allocated, _options.SegmentSize) && !IsAged() && _hints.IsOurs() && IsZeroAt(_end);

    /// <summary>Sees to it that a frame of this length fits where the log ends: opens the next segment if need be. Under the lock.</summary>
    internal void MakeRoom(int frameLength)
    {
        _sound = false;
        if (_lastFrame != 0 && _end + frameLength > _options.SegmentSize)
        {
            OpenNext(SegmentReason.Full);
        }
        else if (IsAged())
        {
            OpenNext(SegmentReason.Age);
        }

        Reserve(_end + frameLength);
        _sound = true;
    }

    /// <summary>
    /// Works out beforehand what the tree will be after a frame that is still growing, as often as it has grown. Under the lock, after
    /// <see cref="CatchUp"/>.
    /// </summary>
    internal void Count(FrameBuilder batch)
    {
        if (_counted == 0)
        {
            _ahead.CopyFrom(_tree);
        }

        for (; _counted < batch.Leaves.Count; _counted++)
        {
            _ahead.Append(batch.Leaves[_counted]);
        }
    }

    /// <summary>Appends one frame. Under the lock, after <see cref="CatchUp"/>.</summary>
    /// <param name="batch">Its items and where the frame is put together.</param>
    /// <param name="sync">Whether it has to be durable when this returns.</param>
    /// <param name="time">The frame's time; null for now.</param>
    /// <exception cref="IOException">It was not appended.</exception>
    internal void Append(FrameBuilder batch, bool sync, long? time = null)
    {
        MakeRoom(batch.Length);
        _sound = false;
        Count(batch);
        _counted = 0;
        _ahead.Root(_root);
        var frame = batch.Finish(_tree.Size, time ?? JournalFormat.Microseconds(_options.TimeProvider.GetUtcNow()), _root);
        _storage.Write(_segment!, frame, _end);
        if (sync)
        {
            SyncOrPoison();
        }

        if (Witness is { } witness && witness.IsAt(_number, _end))
        {
            witness.PassOwn(frame, _ahead);
        }

        Advance(batch.Length, _ahead);
        _synced = sync ? _end : _synced;
        WriteHint(HintFlags.None, mustSucceed: false);
        _sound = true;
    }

    /// <summary>Makes all frames durable. Under the lock, after <see cref="CatchUp"/>.</summary>
    internal void Sync()
    {
        _sound = false;
        SyncOrPoison();
        _synced = _end;
        _sound = true;
    }

    public void Dispose()
    {
        _segment?.Dispose();
        _hints.Dispose();
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

    private bool IsAged() =>
        _lastFrame != 0 && _options.SegmentAge is { } age && _options.TimeProvider.GetUtcNow() - JournalFormat.Time(_opened) >= age;

    private bool IsZeroAt(long offset)
    {
        Span<byte> length = stackalloc byte[8];
        return length[.._storage.Read(_segment!, length, offset)].IndexOfAnyExcept((byte)0) < 0;
    }

    private void WriteHint(HintFlags flags, bool mustSucceed) => _hints.Write(_number, _end, _lastFrame, _tree, flags, mustSucceed);

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
        _synced = _end;
        _opened = header.Time;
        _missing = header.Missing;
    }

    /// <summary>Gives up the current segment, saying why, and opens the one after it.</summary>
    private void OpenNext(SegmentReason reason, KnownEnd? missing = null)
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

            // A hint that nothing bears out stays until the segment that tells of it has its name: if we die, the next one finds it too.
            if (missing is null)
            {
                WriteHint(HintFlags.Leaving | (_poisoned == _number ? HintFlags.Poisoned : HintFlags.None), mustSucceed: true);
            }
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
            Missing = missing,
            Tree = _tree,
        };
        var file = _creator.Create(header, out var allocated);
        Witness?.PassOwnHeader(_number, _end, header, isFirst: reason == SegmentReason.First);
        Stand(file, header);
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

    private (long Length, byte[] Hash) FindResidue() =>
        // Somebody may have made it larger since it was opened.
        JournalFormat.SizeProblem(_storage.Length(_segment!))
            is { } tooLarge
            ? throw new IOException($"{JournalFormat.SegmentName(_number)} is damaged ({tooLarge}); verify the journal")
            : Residue.Find(_storage, _segment!, _end);
}
