using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

/// <summary>LOCK: the lock that writers take turns with, and the hint in it where the log ends.</summary>
internal sealed class HintFile : IDisposable
{
    private readonly IJournalStorage _storage;
    private readonly SafeFileHandle _file;
    private readonly JournalHint _hint = new();
    private readonly byte[] _written = new byte[JournalHint.MaxSize];
    private readonly byte[] _read = new byte[JournalHint.MaxSize];
    private int _length;

    internal HintFile(IJournalStorage storage, string directory)
    {
        _storage = storage;
        _file = storage.OpenOrCreate(Path.Combine(directory, JournalFormat.LockName));
    }

    /// <summary>The hint that was read or written last.</summary>
    internal JournalHint Hint => _hint;

    public void Dispose() => _file.Dispose();

    internal bool TryLock() => _storage.TryLock(_file);

    internal void Lock() => _storage.Lock(_file);

    internal void Unlock() => _storage.Unlock(_file);

    /// <summary>Whether nobody has written a hint since we did.</summary>
    internal bool IsOurs()
    {
        // Any other hint differs within this length: it has a checksum.
        var now = _read.AsSpan(0, _length);
        return _length > 0 && _storage.Read(_file, now, 0) == _length && now.SequenceEqual(_written.AsSpan(0, _length));
    }

    /// <summary>Without the lock, from any thread: something that differs once a holder of the lock has written.</summary>
    /// <returns>0 when it can't be read now.</returns>
    internal uint Peek()
    {
        Span<byte> now = stackalloc byte[JournalHint.MaxSize];
        try
        {
            return JournalFormat.Crc32C(now[.._storage.Read(_file, now, 0)], []);
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            return 0;
        }
    }

    /// <summary>Reads the hint; false when there is none, or none of this boot.</summary>
    internal bool TryRead() =>
        _hint.TryRead(_read.AsSpan(0, _storage.Read(_file, _read, 0))) && _hint.Boot == _storage.Boot && _storage.Boot != 0;

    /// <summary>Writes where the log ends.</summary>
    internal void Write(long segment, long end, long lastFrame, MerkleFrontier tree, HintFlags flags, bool mustSucceed)
    {
        (_hint.Boot, _hint.Segment, _hint.End, _hint.LastFrame, _hint.Flags) = (_storage.Boot, segment, end, lastFrame, flags);
        _hint.Tree.CopyFrom(tree);
        _length = _hint.Write(_written);
        try
        {
            _storage.Write(_file, _written.AsSpan(0, _length), 0);
        }
        catch (Exception failure) when (!mustSucceed && JournalStorage.IsFailure(failure))
        {
            // Others then find the hint before it, or none, and read on from there: the log itself is what counts.
            _length = 0;
        }
    }
}
