using Osl.Executors.Streams;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>One place where the host brings what a child writes. What does not get there is counted, and the child goes on.</summary>
/// <param name="name">What it is called in a result.</param>
internal abstract class OutputSink(string name) : IDisposable
{
    private long _lost;
    private string? _reason;

    /// <summary>What did not get there; null when all did.</summary>
    internal OutputLoss? Loss => _reason is null ? null : new OutputLoss(name, _lost, _reason);

    /// <summary>Brings all of it there, however long that takes.</summary>
    /// <param name="bytes">What was read.</param>
    /// <param name="giveUp">Ends the wait for whoever does not take it.</param>
    internal async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken giveUp)
    {
        var (written, reason) = await WriteAsync(bytes, giveUp).ConfigureAwait(false);
        if (reason is not null)
        {
            _lost += bytes.Length - written;
            _reason ??= reason;
        }
    }

    /// <summary>Nothing more comes.</summary>
    internal virtual void End() { }

    public virtual void Dispose() { }

    /// <summary>How much got there, and why not all.</summary>
    protected abstract ValueTask<(int Written, string? Reason)> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken giveUp);

    protected void Note(string? trouble) => _reason ??= trouble;
}

/// <summary>A file, by itself or shared with another stream.</summary>
internal sealed class FileSink(RotatedFile file, Action<RotatedFile> release) : OutputSink(file.Path)
{
    private bool _released;

    internal override void End()
    {
        Note(file.Sync());
        Note(file.Trouble);
    }

    public override void Dispose()
    {
        base.Dispose();
        if (!_released)
        {
            _released = true;
            release(file);
        }
    }

    protected override ValueTask<(int Written, string? Reason)> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken giveUp) =>
        new(file.Write(bytes.Span));
}

/// <summary>What a caller can have in memory.</summary>
internal sealed class CaptureSink(CaptureBuffer buffer) : OutputSink("capture")
{
    protected override ValueTask<(int Written, string? Reason)> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken giveUp)
    {
        buffer.Take(bytes.Span);
        return new((bytes.Length, null));
    }
}

/// <summary>Nowhere.</summary>
internal sealed class NullSink() : OutputSink("null")
{
    protected override ValueTask<(int Written, string? Reason)> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken giveUp) =>
        new((bytes.Length, null));
}

/// <summary>A pipe that a caller reads; one who doesn't holds the child back.</summary>
internal sealed class PipeSink(PipeStream pipe) : OutputSink("pipe")
{
    private string? _broken;

    public override void Dispose()
    {
        base.Dispose();
        pipe.Dispose();
    }

    protected override async ValueTask<(int Written, string? Reason)> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken giveUp)
    {
        if (_broken is null)
        {
            try
            {
                await pipe.WriteAsync(bytes, giveUp).ConfigureAwait(false);
                return (bytes.Length, null);
            }
            catch (OperationCanceledException)
            {
                _broken = "nobody has read it";
            }
            catch (IOException)
            {
                _broken = "nobody reads it any more (EPIPE)";
            }
        }

        return (0, _broken);
    }
}

/// <summary>Standard output or error of the host itself.</summary>
/// <param name="fd">1 or 2.</param>
internal sealed class HostSink(int fd) : OutputSink("inherited")
{
    /// <summary>So much a pipe takes at once when it says that it can be written to (PIPE_BUF); a blocking one is not to be made to wait.</summary>
    private const int Portion = 4096;

    /// <summary>How often who waits for a reader looks whether that is given up.</summary>
    private const int LookMilliseconds = 100;

    private string? _broken;

    protected override ValueTask<(int Written, string? Reason)> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken giveUp) =>
        new(Write(bytes.Span, giveUp));

    private unsafe (int Written, string? Reason) Write(ReadOnlySpan<byte> bytes, CancellationToken giveUp)
    {
        var done = 0;
        fixed (byte* start = bytes)
        {
            while (_broken is null && done < bytes.Length)
            {
                var request = new Libc.PollDescriptor { Descriptor = fd, Events = Libc.POLLOUT };
                if (Libc.Poll(ref request, 1, LookMilliseconds) <= 0)
                {
                    _broken = giveUp.IsCancellationRequested ? "nobody has read it" : null;
                    continue;
                }

                var count = Libc.Write(fd, start + done, Math.Min(Portion, bytes.Length - done));
                if (count > 0)
                {
                    done += (int)count;
                }
                else if (Libc.LastError is var error and not (Errno.EINTR or Errno.EAGAIN))
                {
                    _broken = $"{Errno.Name(error)} (write)";
                }
            }
        }

        return (done, done == bytes.Length ? null : _broken);
    }
}
