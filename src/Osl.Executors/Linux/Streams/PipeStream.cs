using System.Threading.Tasks.Sources;
using Microsoft.Win32.SafeHandles;
using Osl.Executors.Watching;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Our end of a pipe to a child: truly asynchronous, one direction, one read or write at a time.
/// </summary>
/// <remarks>
/// Scheme: each operation first tries at once, and most end there without waiting or allocating. At EAGAIN it becomes the pending
/// one, and the descriptor is added to the I/O loop, edge-triggered, where it stays: no epoll_ctl(2) for each operation. No edge is
/// lost, since the try and the becoming pending happen under the lock that the loop takes too.
/// <para>
/// An operation ends once, by whoever clears _pending under the lock: the loop, a cancellation, or Dispose. Outside the lock the
/// cancellation is then unregistered, which waits for a callback that is running: it can't hit the next operation.
/// </para>
/// <para>
/// After a hang-up the descriptor leaves the loop, since nothing can be waited for any more; so the loop doesn't keep a stream alive
/// that nobody disposes, and its safe handle closes it one day.
/// </para>
/// </remarks>
internal sealed partial class PipeStream : Stream, IValueTaskSource<int>, IValueTaskSource
{
    private readonly ReadinessLoop _loop;
    private readonly SafeFileHandle _handle;
    private readonly bool _reads;
    private readonly Lock _gate = new();
    private readonly Watch _watch;
    private ManualResetValueTaskSourceCore<int> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private Memory<byte> _readInto;
    private ReadOnlyMemory<byte> _writeFrom;
    private bool _pending;
    private bool _busy;
    private bool _closed;
    private bool _isWide;

    /// <param name="loop">Who tells when it is ready.</param>
    /// <param name="fd">Non-blocking; the stream's own from now on.</param>
    /// <param name="reads">Whether it is the reading end.</param>
    internal PipeStream(ReadinessLoop loop, int fd, bool reads)
    {
        _loop = loop;
        _handle = new SafeFileHandle(fd, ownsHandle: true);
        _reads = reads;
        _watch = new Watch(this);
    }

    private enum Progress
    {
        Done,
        Failed,
        MustWait,
    }

    private int Fd => (int)_handle.DangerousGetHandle();

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_reads)
        {
            throw new NotSupportedException("The writing end of a pipe can't be read.");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        lock (_gate)
        {
            BeginExclusively();
            _readInto = buffer;
            switch (Try(out var count, out var error))
            {
                case Progress.Done:
                    Finish();
                    return new ValueTask<int>(count);
                case Progress.MustWait when Wait(cancellationToken) is var failed:
                    if (failed is null)
                    {
                        return new ValueTask<int>(this, _source.Version);
                    }

                    Finish();
                    return ValueTask.FromException<int>(failed);
                case Progress.Failed:
                default:
                    Finish();
                    return ValueTask.FromException<int>(Broken(error));
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_reads)
        {
            throw new NotSupportedException("The reading end of a pipe can't be written.");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        lock (_gate)
        {
            BeginExclusively();
            _writeFrom = buffer;
            switch (Try(out _, out var error))
            {
                case Progress.Done:
                    Finish();
                    return ValueTask.CompletedTask;
                case Progress.MustWait when Wait(cancellationToken) is var failed:
                    if (failed is null)
                    {
                        return new ValueTask(this, _source.Version);
                    }

                    Finish();
                    return ValueTask.FromException(failed);
                case Progress.Failed:
                default:
                    Finish();
                    return ValueTask.FromException(Broken(error));
            }
        }
    }

    /// <summary>
    /// A descriptor of the same end for a child, which reads in our place; blocking, as programs expect it. Nothing can be read here
    /// until <see cref="TakeBack"/>; Dispose leaves it to the child alone.
    /// </summary>
    /// <param name="fd">Its own from now on.</param>
    /// <returns>The error number, or 0: EBADF where it is closed or is being read.</returns>
    internal int Lend(out int fd)
    {
        fd = -1;
        lock (_gate)
        {
            if (_closed || _busy || !_reads)
            {
                return Errno.EBADF;
            }

            fd = Libc.Fcntl(Fd, Libc.F_DUPFD_CLOEXEC, 3);
            if (fd < 0 || Libc.Fcntl(fd, Libc.F_SETFL, 0) < 0)
            {
                return Libc.LastError;
            }

            _busy = true;
            return 0;
        }
    }

    /// <summary>There is no such child after all.</summary>
    internal void TakeBack()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                // Fails for a descriptor that is none only.
                _ = Descriptor.SetNonBlocking(Fd);
            }

            _busy = false;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            bool wasPending;
            lock (_gate)
            {
                wasPending = _pending;
                _pending = false;
                if (!_closed)
                {
                    _closed = true;
                    _loop.Remove(Fd, _watch);
                    _handle.Dispose();
                }
            }

            if (wasPending)
            {
                End(0, new ObjectDisposedException(nameof(PipeStream)));
            }
        }

        base.Dispose(disposing);
    }

    private int GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            lock (_gate)
            {
                _source.Reset();
                _busy = false;
            }
        }
    }

    private void BeginExclusively()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (_busy)
        {
            throw new InvalidOperationException("One read or write of a pipe at a time.");
        }

        _busy = true;
    }

    /// <summary>It ended at once, nobody has to wait.</summary>
    private void Finish()
    {
        _readInto = default;
        _writeFrom = default;
        _busy = false;
    }

    /// <summary>Reads once, or writes until all is written; as far as it goes without waiting.</summary>
    private unsafe Progress Try(out int count, out int error)
    {
        count = error = 0;
        var span = _reads ? _readInto.Span : default;
        var source = _writeFrom.Span;
        fixed (byte* target = span)
        fixed (byte* from = source)
        {
            while (true)
            {
                if (!_reads && count == source.Length)
                {
                    _writeFrom = default;
                    return Progress.Done;
                }

                var result = _reads ? Libc.Read(Fd, target, span.Length) : Libc.Write(Fd, from + count, source.Length - count);
                if (result >= 0)
                {
                    count += (int)result;
                    if (_reads)
                    {
                        if (result >= Descriptor.PipeSize && !_isWide)
                        {
                            _isWide = true;
                            Descriptor.WidenPipe(Fd);
                        }

                        return Progress.Done;
                    }

                    continue;
                }

                error = Libc.LastError;
                if (error == Errno.EINTR)
                {
                    continue;
                }

                if (error == Errno.EIO && _reads)
                {
                    // A terminal's end: nobody has it any more, or the leader of its session has ended. A pipe has no such error.
                    return Progress.Done;
                }

                if (error == Errno.EAGAIN)
                {
                    _writeFrom = _reads ? default : _writeFrom[count..];
                    return Progress.MustWait;
                }

                return Progress.Failed;
            }
        }
    }

    /// <summary>Makes the operation the pending one. Under the lock.</summary>
    private IOException? Wait(CancellationToken cancellationToken)
    {
        if (_watch.Slot < 0)
        {
            // Reports what is ready already, so nothing is lost between the try and this.
            var error = _loop.Add(Fd, (_reads ? Libc.EPOLLIN : Libc.EPOLLOUT) | Libc.EPOLLET, _watch);
            if (error != 0)
            {
                return new IOException($"The pipe can't be waited for ({Errno.Name(error)}).");
            }
        }
        else
        {
            _loop.Rearm(_watch);
        }

        _pending = true;
        if (cancellationToken.CanBeCanceled)
        {
            // Runs here and now when it is cancelled already: the lock may be taken twice by one thread.
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((PipeStream)state!).Cancel(token), this);
        }

        return null;
    }

    private void OnReady(uint events)
    {
        Progress progress;
        int count;
        int error;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if ((events & (Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
            {
                _loop.Remove(Fd, _watch);
            }

            if (!_pending)
            {
                return;
            }

            progress = Try(out count, out error);
            if (progress == Progress.MustWait)
            {
                _loop.Rearm(_watch);
                return;
            }

            _pending = false;
        }

        End(_reads ? count : 0, progress == Progress.Failed ? Broken(error) : null);
    }

    private void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_pending)
            {
                return;
            }

            _pending = false;
            _readInto = default;
            _writeFrom = default;
        }

        // Not End: a callback must not wait for itself to be over.
        _source.SetException(new OperationCanceledException(token));
    }

    /// <summary>For who has cleared _pending.</summary>
    private void End(int result, Exception? error)
    {
        _cancellation.Dispose();
        _cancellation = default;
        _readInto = default;
        _writeFrom = default;
        if (error is null)
        {
            _source.SetResult(result);
        }
        else
        {
            _source.SetException(error);
        }
    }

    private static IOException Broken(int error) =>
        error == Errno.EPIPE
            ? new IOException("Nobody reads the pipe any more: the process has ended or closed it (EPIPE).")
            : new IOException($"The pipe failed ({Errno.Name(error)}).");

    private sealed class Watch(PipeStream stream) : ReadinessTarget
    {
        internal override void OnReady(uint events) => stream.OnReady(events);
    }
}
