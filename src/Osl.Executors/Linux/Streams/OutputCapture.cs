using Osl.Executors.Streams;
using Osl.Executors.Watching;
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
internal sealed class OutputCapture(ReadinessLoop loop, int fd, int limit, CaptureSet set) : ReadinessTarget, ILinuxCapture
{
    private const int ChunkSize = 64 * 1024;
    private const int ChunksAnEvent = 16;

    /// <summary>The loop's thread reads for all captures; who gives up reads on a thread of its own.</summary>
    [ThreadStatic]
    private static byte[]? s_scratch;

    private readonly Lock _gate = new();
    private readonly CaptureBuffer _buffer = new(limit);
    private CapturedOutput? _result;
    private bool _isWide;

    /// <summary>What was captured; null before the end.</summary>
    public CapturedOutput? Result => Volatile.Read(ref _result);

    /// <summary>Begins to read.</summary>
    /// <returns>The error number, or 0.</returns>
    public int Begin()
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
    public void GiveUp()
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
        _result = _buffer.End(isComplete);
    }

    /// <summary>Reads what is there, up to a bound of its own. True at the end of the stream.</summary>
    private unsafe bool ReadSome(bool untilEmpty)
    {
        for (var i = 0; i < ChunksAnEvent; i++)
        {
            var inPlace = _buffer.Room.Length >= ChunkSize;
            var target = inPlace ? _buffer.Room : (s_scratch ??= GC.AllocateUninitializedArray<byte>(ChunkSize));
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

            if (inPlace)
            {
                _buffer.Advance((int)length);
            }
            else
            {
                _buffer.Take(target[..(int)length]);
            }

            if (length >= Descriptor.PipeSize && !_isWide)
            {
                _isWide = true;
                Descriptor.WidenPipe(fd);
            }

            if (!untilEmpty && length < ChunkSize)
            {
                // Mostly the pipe is empty now. The event tells if not.
                return false;
            }
        }

        return false;
    }
}
