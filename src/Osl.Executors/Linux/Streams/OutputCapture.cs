using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Keeps what a child writes, up to a bound. What is beyond is read, counted and dropped, so that the child is never held back.
/// </summary>
/// <remarks>
/// Reads happen on the I/O loop's thread, a bounded amount for each event so that one busy child doesn't starve the others;
/// level-triggered, so the rest is signalled again. Small output is read into the loop's scratch space and copied into an array of
/// its size; large output is read into place. The end is seen by end-of-file, or given up by <see cref="GiveUp"/> when somebody who
/// inherited the pipe holds it open.
/// </remarks>
internal sealed class OutputCapture(EpollLoop loop, int fd, int limit, CaptureSet set) : EpollTarget
{
    private const int ChunkSize = 64 * 1024;
    private const int ChunksAnEvent = 16;
    private const int FirstBuffer = 256;

    /// <summary>The loop's thread reads for all captures; who gives up reads on a thread of its own.</summary>
    [ThreadStatic]
    private static byte[]? s_scratch;

    private readonly Lock _gate = new();
    private byte[] _kept = [];
    private int _keptLength;
    private long _total;
    private CapturedOutput? _result;

    /// <summary>What was captured; null before the end.</summary>
    internal CapturedOutput? Result => Volatile.Read(ref _result);

    /// <summary>Begins to read.</summary>
    /// <returns>The error number, or 0.</returns>
    internal int Begin()
    {
        lock (_gate)
        {
            return loop.Add(fd, Libc.EPOLLIN, this);
        }
    }

    internal override void OnReady(uint events)
    {
        lock (_gate)
        {
            if (_result is not null || !ReadSome(untilEmpty: false))
            {
                return;
            }

            End(isComplete: true);
        }

        set.OneEnded();
    }

    /// <summary>Takes what is in the pipe now and waits for no more.</summary>
    internal void GiveUp()
    {
        lock (_gate)
        {
            if (_result is not null)
            {
                return;
            }

            End(isComplete: ReadSome(untilEmpty: true));
        }

        set.OneEnded();
    }

    private void End(bool isComplete)
    {
        loop.Remove(fd, this);
        _ = Libc.Close(fd);
        _result = new CapturedOutput(_kept.AsMemory(0, _keptLength), _total, isComplete);
        _kept = [];
    }

    /// <summary>Reads what is there, up to a bound of its own. True at the end of the stream.</summary>
    private unsafe bool ReadSome(bool untilEmpty)
    {
        for (var i = 0; i < ChunksAnEvent; i++)
        {
            var inPlace = _kept.Length - _keptLength >= ChunkSize;
            var target = inPlace ? _kept.AsSpan(_keptLength) : (s_scratch ??= GC.AllocateUninitializedArray<byte>(ChunkSize));
            nint length;
            fixed (byte* start = target)
            {
                length = Libc.Read(fd, start, target.Length);
            }

            if (length <= 0)
            {
                var error = length < 0 ? Libc.LastError : 0;
                if (error == Errno.EINTR)
                {
                    continue;
                }

                // No other error is known of a pipe's reading end; whatever it is, there is nothing more to come.
                return error != Errno.EAGAIN;
            }

            _total += length;
            if (inPlace)
            {
                _keptLength += (int)length;
            }
            else
            {
                Keep(target[..(int)Math.Min(length, limit - _keptLength)]);
            }

            if (!untilEmpty && length < ChunkSize)
            {
                // Mostly the pipe is empty now. The event tells if not.
                return false;
            }
        }

        return false;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        var needed = _keptLength + bytes.Length;
        if (needed > _kept.Length)
        {
            // Never beyond the bound, so that reading in place can't pass it.
            var size = Math.Min(limit, Math.Max(needed, Math.Max(FirstBuffer, _kept.Length * 2L)));
            var larger = GC.AllocateUninitializedArray<byte>((int)size);
            _kept.AsSpan(0, _keptLength).CopyTo(larger);
            _kept = larger;
        }

        bytes.CopyTo(_kept.AsSpan(_keptLength));
        _keptLength = needed;
    }
}

/// <summary>The captured streams of one process.</summary>
internal sealed class CaptureSet
{
    /// <summary>For a process nothing is captured of.</summary>
    internal static Task<CapturedStreams> Nothing { get; } =
        Task.FromResult(new CapturedStreams(CapturedOutput.Empty, CapturedOutput.Empty));

    private readonly TaskCompletionSource<CapturedStreams> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal OutputCapture? Output { get; set; }

    internal OutputCapture? Error { get; set; }

    internal Task<CapturedStreams> Ended => _ended.Task;

    internal void GiveUp()
    {
        Output?.GiveUp();
        Error?.GiveUp();
    }

    internal void OneEnded()
    {
        var output = Output is null ? CapturedOutput.Empty : Output.Result;
        var error = Error is null ? CapturedOutput.Empty : Error.Result;
        if (output is not null && error is not null)
        {
            _ended.TrySetResult(new CapturedStreams(output, error));
        }
    }
}
