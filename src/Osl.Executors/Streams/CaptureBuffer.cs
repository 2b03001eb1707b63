using Osl.Operations.Processes;

namespace Osl.Executors.Streams;

/// <summary>What is kept of one stream: its first bytes, up to a bound. The rest is counted. For one thread at a time.</summary>
internal sealed class CaptureBuffer(int limit)
{
    private const int FirstSize = 256;

    private byte[] _kept = [];
    private int _length;
    private long _total;

    /// <summary>Where one can read into without a copy; what is read there is told by <see cref="Advance"/>.</summary>
    internal Span<byte> Room => _kept.AsSpan(_length);

    /// <summary>So many bytes were read into <see cref="Room"/>.</summary>
    internal void Advance(int count)
    {
        _length += count;
        _total += count;
    }

    /// <summary>Takes what was read elsewhere.</summary>
    internal void Take(ReadOnlySpan<byte> bytes)
    {
        _total += bytes.Length;
        var kept = bytes[..Math.Min(bytes.Length, limit - _length)];
        if (kept.IsEmpty)
        {
            return;
        }

        var needed = _length + kept.Length;
        if (needed > _kept.Length)
        {
            // Never beyond the bound, so that reading in place can't pass it.
            var size = Math.Min(limit, Math.Max(needed, Math.Max(FirstSize, _kept.Length * 2L)));
            var larger = GC.AllocateUninitializedArray<byte>((int)size);
            _kept.AsSpan(0, _length).CopyTo(larger);
            _kept = larger;
        }

        kept.CopyTo(_kept.AsSpan(_length));
        _length = needed;
    }

    /// <summary>The result; nothing is kept here from now on.</summary>
    internal CapturedOutput End(bool isComplete)
    {
        var result = new CapturedOutput(_kept.AsMemory(0, _length), _total, isComplete);
        _kept = [];
        return result;
    }
}
