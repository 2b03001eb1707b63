using Osl.Executors.Watching;
using Osl.Interop;
using Osl.Interop.Linux;
using Osl.Interop.Posix;

namespace Osl.Executors.Posix;

/// <summary>
/// One thread that waits for descriptors by poll(2).
/// </summary>
/// <remarks>
/// Constraints and scheme:
/// <para>
/// poll(2) takes the whole list each time, so a change has to wake it: a byte in a pipe of our own. The list is made anew only after a
/// change. Cost grows with the number of streams under way, which is what a fallback may cost.
/// </para>
/// <para>
/// It knows levels only. Who asked for edges is left out of the list once called, until it says that it has found nothing more to do;
/// its hang-up is still told, since poll(2) tells that for every descriptor of the list.
/// </para>
/// <para>
/// A descriptor may be closed, and its number be another's, while a poll with the old list is under way. So an answer counts only for an
/// entry that has not been removed, and removals are under the lock.
/// </para>
/// </remarks>
internal sealed unsafe class PollLoop(string name) : ReadinessLoop
{
    private const uint Edge = Libc.EPOLLET;

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<int, Entry> _entries = [];
    private TaskCompletionSource? _answer;
    private Thread? _thread;
    private int _wakeReader = -1;
    private int _wakeWriter = -1;
    private int _lastSlot = -1;
    private bool _changed = true;
    private bool _closing;
    private bool _closed;

    /// <inheritdoc/>
    internal override int EnsureStarted()
    {
        lock (_gate)
        {
            return _closing ? Errno.EBADF
                : _thread is not null ? 0
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

        lock (_gate)
        {
            if (_closed)
            {
                return Errno.EBADF;
            }

            target.Slot = ++_lastSlot;
            _entries.Add(target.Slot, new Entry(fd, events, target));
            Change();
            return 0;
        }
    }

    /// <inheritdoc/>
    internal override void Rearm(ReadinessTarget target)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(target.Slot, out var entry) && !entry.IsArmed)
            {
                entry.IsArmed = true;
                Change();
            }
        }
    }

    /// <inheritdoc/>
    internal override void Remove(int fd, ReadinessTarget target)
    {
        lock (_gate)
        {
            if (_entries.Remove(target.Slot))
            {
                target.Slot = -1;
                Change();
            }
        }
    }

    /// <inheritdoc/>
    internal override Task AnswersAsync()
    {
        lock (_gate)
        {
            if (_thread is null || _closed)
            {
                return Task.CompletedTask;
            }

            _answer ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            Wake();
            return _answer.Task;
        }
    }

    /// <inheritdoc/>
    internal override Task CloseAsync()
    {
        lock (_gate)
        {
            _closing = true;
            if (_thread is null || _entries.Count > 0)
            {
                return Task.CompletedTask;
            }

            Wake();
        }

        return _ended.Task;
    }

    private int Start()
    {
        var error = PosixPipe.Open(out _wakeReader, out _wakeWriter);
        error = error == 0 ? Descriptor.SetNonBlocking(_wakeReader) : error;
        error = error == 0 ? Descriptor.SetNonBlocking(_wakeWriter) : error;
        if (error == 0)
        {
            _thread = new Thread(Run, 256 * 1024) { IsBackground = true, Name = name };
            var runs = false;
            try
            {
                runs = ThreadShortage.TryStart(_thread, StartThread);
                return runs ? 0 : Errno.EAGAIN;
            }
            finally
            {
                if (!runs)
                {
                    _thread = null;
                    CloseWake();
                }
            }
        }

        CloseWake();
        return error;
    }

    private void CloseWake()
    {
        foreach (var fd in (ReadOnlySpan<int>)[_wakeReader, _wakeWriter])
        {
            _ = fd < 0 ? 0 : Libc.Close(fd);
        }

        (_wakeReader, _wakeWriter) = (-1, -1);
    }

    private void Run()
    {
        Libc.PollDescriptor[] list = [];
        Entry[] entries = [];
        while (!IsOver(ref list, ref entries))
        {
            int ready;
            fixed (Libc.PollDescriptor* start = list)
            {
                // -1 with EINTR counts as no event.
                ready = Libc.PollMany(start, (nuint)list.Length, -1);
            }

            for (var i = 0; ready > 0 && i < list.Length; i++)
            {
                if (list[i].ReturnedEvents == 0)
                {
                    continue;
                }

                if (i == 0)
                {
                    DrainWake();
                }
                else if (Take(entries[i - 1]) is { } target)
                {
                    target.OnReady((ushort)list[i].ReturnedEvents);
                }
            }
        }

        _ended.SetResult();
    }

    private bool IsOver(ref Libc.PollDescriptor[] list, ref Entry[] entries)
    {
        lock (_gate)
        {
            _answer?.SetResult();
            _answer = null;
            if (_closing && _entries.Count == 0)
            {
                _closed = true;
                CloseWake();
                return true;
            }

            if (_changed)
            {
                _changed = false;
                entries = [.. _entries.Values];
                list = new Libc.PollDescriptor[entries.Length + 1];
                list[0] = new Libc.PollDescriptor { Descriptor = _wakeReader, Events = Libc.POLLIN };
                for (var i = 0; i < entries.Length; i++)
                {
                    list[i + 1] = new Libc.PollDescriptor
                    {
                        Descriptor = entries[i].Fd,
                        Events = entries[i].IsArmed ? (short)(entries[i].Events & ~Edge) : (short)0,
                    };
                }
            }

            return false;
        }
    }

    /// <summary>Who is to be called; null when it was removed meanwhile.</summary>
    private ReadinessTarget? Take(Entry entry)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(entry.Target.Slot, out var now) || now != entry)
            {
                return null;
            }

            if ((entry.Events & Edge) != 0 && entry.IsArmed)
            {
                entry.IsArmed = false;
                _changed = true;
            }

            return entry.Target;
        }
    }

    private void Change()
    {
        _changed = true;
        Wake();
    }

    private void Wake()
    {
        if (_thread == Thread.CurrentThread)
        {
            // It looks before it waits again.
            return;
        }

        // Fails only when the pipe is full, and then the thread is about to wake anyway.
        byte one = 1;
        _ = Libc.Write(_wakeWriter, &one, 1);
    }

    private void DrainWake()
    {
        var bytes = stackalloc byte[64];
        while (Libc.Read(_wakeReader, bytes, 64) == 64)
        {
            // Once more.
        }
    }

    private sealed class Entry(int fd, uint events, ReadinessTarget target)
    {
        internal int Fd => fd;

        internal uint Events => events;

        internal ReadinessTarget Target => target;

        internal bool IsArmed { get; set; } = true;
    }
}
