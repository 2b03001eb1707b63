using System.Buffers;
using System.IO.Pipes;
using Osl.Executors.Streams;
using Osl.Interop.Windows;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// Keeps what a child writes, up to a bound; what is beyond is read, counted and dropped, so that the child is never held back. One
/// overlapped read is under way at any time; no thread waits.
/// </summary>
internal sealed class WindowsCapture : ICapture
{
    /// <summary>For the first read; who fills it gets the larger one.</summary>
    private const int SmallSize = 4 * 1024;
    private const int LargeSize = 64 * 1024;

    /// <summary>Who gives up takes what is there, not what a fast writer adds meanwhile.</summary>
    private const int ReadsAtTheEnd = 16;

    private readonly NamedPipeServerStream _pipe;
    private readonly CaptureBuffer _buffer;
    private readonly CaptureSet _set;
    private readonly CancellationTokenSource _giveUp;
    private readonly Lock _gate = new();
    private bool _over;
    private CapturedOutput? _result;

    private WindowsCapture(NamedPipeServerStream pipe, int limit, CaptureSet set, CancellationTokenSource giveUp)
    {
        _pipe = pipe;
        _buffer = new CaptureBuffer(limit);
        _set = set;
        _giveUp = giveUp;
    }

    public CapturedOutput? Result => Volatile.Read(ref _result);

    /// <param name="pipe">Our end; belongs to the capture from now on.</param>
    /// <param name="limit">How many bytes are kept.</param>
    /// <param name="set">Is told of the end.</param>
    internal static WindowsCapture Of(NamedPipeServerStream pipe, int limit, CaptureSet set) => new(pipe, limit, set, new());

    /// <summary>Begins to read. When it and its sister are in the set.</summary>
    internal void Begin() => _ = ReadAllAsync();

    public void GiveUp()
    {
        lock (_gate)
        {
            if (!_over)
            {
                _giveUp.Cancel();
            }
        }
    }

    private async Task ReadAllAsync()
    {
        var scratch = ArrayPool<byte>.Shared.Rent(SmallSize);
        var isComplete = false;
        try
        {
            while (true)
            {
                var length = await _pipe.ReadAsync(scratch, _giveUp.Token).ConfigureAwait(false);
                if (length == 0)
                {
                    isComplete = true;
                    break;
                }

                _buffer.Take(scratch.AsSpan(0, length));
                if (length == scratch.Length && length < LargeSize)
                {
                    ArrayPool<byte>.Shared.Return(scratch);
                    scratch = ArrayPool<byte>.Shared.Rent(LargeSize);
                }
            }
        }
        catch (OperationCanceledException)
        {
            isComplete = TakeTheRest(scratch);
        }
        catch (IOException)
        {
            // The pipe has failed: nothing more comes, and whether that was all nobody knows.
        }

        ArrayPool<byte>.Shared.Return(scratch);
        lock (_gate)
        {
            _over = true;
            _giveUp.Dispose();
        }

        await _pipe.DisposeAsync().ConfigureAwait(false);
        Volatile.Write(ref _result, _buffer.End(isComplete));
        _set.OneEnded();
    }

    /// <summary>What lies in the pipe, without waiting. True at the end of the stream.</summary>
    private bool TakeTheRest(byte[] scratch)
    {
        for (var i = 0; i < ReadsAtTheEnd; i++)
        {
            if (Kernel32.PeekNamedPipe(_pipe.SafePipeHandle, 0, 0, 0, out var available, 0) == 0)
            {
                return Win32Error.Last is Win32Error.ERROR_BROKEN_PIPE or Win32Error.ERROR_PIPE_NOT_CONNECTED;
            }

            if (available == 0)
            {
                return false;
            }

            try
            {
                _buffer.Take(scratch.AsSpan(0, _pipe.Read(scratch, 0, (int)Math.Min(available, (uint)scratch.Length))));
            }
            catch (IOException)
            {
                return false;
            }
        }

        return false;
    }
}
