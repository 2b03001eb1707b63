using Osl.Executors.Watching;
using Osl.Interop;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// One thread that waits for any number of descriptors.
/// </summary>
/// <remarks>
/// Constraints and scheme:
/// <para>
/// The kernel hands back 64 bits of our choice with each event. They are a slot of a table and the slot's generation, never an
/// object's address: an event that was already fetched when its descriptor was removed finds another generation and is dropped.
/// What it does not protect from is an OnReady that has begun when Remove is called: targets guard their own state.
/// </para>
/// <para>
/// Whoever adds must be ready to be called before Add returns, on the loop's thread. Descriptors are removed before they are
/// closed. Adding and removing needs no waking up: epoll_ctl(2) takes effect for a wait in progress.
/// </para>
/// <para>
/// The thread begins with the first use, so that a host that starts nothing pays nothing, and it is a background thread: it keeps
/// no program from ending. Close lets it go on until the last descriptor is removed: what is still awaited is still noticed, and
/// nobody's task hangs for ever because its executor was disposed first.
/// </para>
/// </remarks>
internal sealed unsafe class EpollLoop(string name) : ReadinessLoop
{
    private const int Batch = 256;
    private const ulong WakeToken = ulong.MaxValue;

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (ReadinessTarget? Target, uint Generation, int NextFree)[] _slots = [];
    private int _firstFree = -1;
    private int _count;
    private volatile int _epoll = -1;
    private int _wake = -1;
    private bool _closing;
    private bool _closed;
    private TaskCompletionSource? _answer;

    /// <inheritdoc/>
    internal override int EnsureStarted()
    {
        if (_epoll >= 0)
        {
            return 0;
        }

        lock (_gate)
        {
            return _closing ? Errno.EBADF
                : _epoll >= 0 ? 0
                : Start();
        }
    }

    /// <inheritdoc/>
    internal override int Add(int fd, uint events, ReadinessTarget target)
    {
        if (EnsureStarted() is var failed and not 0)
        {
            return failed;
        }

        ulong token;
        lock (_gate)
        {
            if (_closed)
            {
                return Errno.EBADF;
            }

            token = Enter(target);
        }

        Span<byte> interest = stackalloc byte[EpollEvents.MaxSize];
        EpollEvents.Write(interest, events, token);
        fixed (byte* start = interest)
        {
            if (Libc.EpollCtl(_epoll, Libc.EPOLL_CTL_ADD, fd, start) == 0)
            {
                return 0;
            }
        }

        var error = Libc.LastError;
        Leave(target);
        return error;
    }

    /// <summary>Without effect: the next edge comes by itself.</summary>
    internal override void Rearm(ReadinessTarget target)
    {
        // epoll(7), EPOLLET.
    }

    /// <inheritdoc/>
    internal override void Remove(int fd, ReadinessTarget target)
    {
        if (target.Slot >= 0)
        {
            var unused = stackalloc byte[EpollEvents.MaxSize];
            _ = Libc.EpollCtl(_epoll, Libc.EPOLL_CTL_DEL, fd, unused);
            Leave(target);
        }
    }

    /// <inheritdoc/>
    internal override Task AnswersAsync()
    {
        lock (_gate)
        {
            if (_epoll < 0 || _closed)
            {
                return Task.CompletedTask;
            }

            _answer ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            Wake();
            return _answer.Task;
        }
    }

    /// <summary>Keeps the loop open for who has nothing to watch at the moment and will again. While something is watched.</summary>
    internal void Hold()
    {
        lock (_gate)
        {
            _count++;
        }
    }

    /// <summary>The end of <see cref="Hold"/>.</summary>
    internal void LetGo()
    {
        lock (_gate)
        {
            _count--;
            WakeIfOver();
        }
    }

    /// <inheritdoc/>
    internal override Task CloseAsync()
    {
        lock (_gate)
        {
            _closing = true;
            if (_epoll < 0 || _count > 0)
            {
                return Task.CompletedTask;
            }

            Wake();
        }

        return _ended.Task;
    }

    private int Start()
    {
        var epoll = Libc.EpollCreate(Libc.EPOLL_CLOEXEC);
        if (epoll < 0)
        {
            return Libc.LastError;
        }

        var wake = Libc.Eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        var error = wake < 0 ? Libc.LastError : 0;
        if (error == 0)
        {
            Span<byte> interest = stackalloc byte[EpollEvents.MaxSize];
            EpollEvents.Write(interest, Libc.EPOLLIN, WakeToken);
            fixed (byte* start = interest)
            {
                error = Libc.EpollCtl(epoll, Libc.EPOLL_CTL_ADD, wake, start) < 0 ? Libc.LastError : 0;
            }
        }

        if (error != 0)
        {
            _ = Libc.Close(epoll);
            _ = wake < 0 ? 0 : Libc.Close(wake);
            return error;
        }

        _wake = wake;
        _epoll = epoll;
        // 256 KiB of stack are plenty: nothing here recurses, and callers' code never runs on this thread.
        var runs = false;
        try
        {
            runs = ThreadShortage.TryStart(new Thread(Run, 256 * 1024) { IsBackground = true, Name = name }, StartThread);
            return runs ? 0 : Errno.EAGAIN;
        }
        finally
        {
            if (!runs)
            {
                // No thread, or no descriptors for what the runtime loads only now: closing must not wait for a thread that never ran.
                _epoll = -1;
                _ = Libc.Close(epoll);
                _ = Libc.Close(wake);
            }
        }
    }

    private void Run()
    {
        var size = EpollEvents.Size;
        Span<byte> events = stackalloc byte[Batch * EpollEvents.MaxSize];
        fixed (byte* start = events)
        {
            while (!IsOver())
            {
                // -1 with EINTR counts as no event.
                var ready = Libc.EpollWait(_epoll, start, Batch, -1);
                for (var i = 0; i < ready; i++)
                {
                    var (mask, token) = EpollEvents.Read(events.Slice(i * size, size));
                    Find(token)?.OnReady(mask);
                }
            }
        }

        _ended.SetResult();
    }

    private bool IsOver()
    {
        lock (_gate)
        {
            _answer?.SetResult();
            _answer = null;
            if (!_closing || _count > 0)
            {
                return false;
            }

            _closed = true;
            _ = Libc.Close(_epoll);
            _ = Libc.Close(_wake);
            return true;
        }
    }

    private ReadinessTarget? Find(ulong token)
    {
        if (token == WakeToken)
        {
            long counter;
            _ = Libc.Read(_wake, (byte*)&counter, sizeof(long));
            return null;
        }

        lock (_gate)
        {
            ref var slot = ref _slots[(int)(token & uint.MaxValue)];
            return slot.Generation == (uint)(token >> 32) ? slot.Target : null;
        }
    }

    private ulong Enter(ReadinessTarget target)
    {
        if (_firstFree < 0)
        {
            var old = _slots.Length;
            Array.Resize(ref _slots, Math.Max(16, old * 2));
            for (var i = _slots.Length - 1; i >= old; i--)
            {
                _slots[i].NextFree = _firstFree;
                _firstFree = i;
            }
        }

        target.Slot = _firstFree;
        ref var slot = ref _slots[target.Slot];
        _firstFree = slot.NextFree;
        slot.Target = target;
        _count++;
        return ((ulong)slot.Generation << 32) | (uint)target.Slot;
    }

    private void Leave(ReadinessTarget target)
    {
        lock (_gate)
        {
            ref var slot = ref _slots[target.Slot];
            slot.Target = null;
            slot.Generation++;
            slot.NextFree = _firstFree;
            _firstFree = target.Slot;
            target.Slot = -1;
            _count--;
            WakeIfOver();
        }
    }

    private void WakeIfOver()
    {
        if (_closing && _count == 0)
        {
            Wake();
        }
    }

    private void Wake()
    {
        // Fails only when the counter is full, and then the thread is about to wake anyway.
        var one = 1L;
        _ = Libc.Write(_wake, (byte*)&one, sizeof(long));
    }
}
