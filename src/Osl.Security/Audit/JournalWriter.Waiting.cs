using System.Diagnostics;

namespace Osl.Security.Audit;

/// <summary>What the writer waits for: the file lock, the rest of a group, and the time to sign.</summary>
internal sealed partial class JournalWriter
{
    /// <summary>While others get on one after the other, our turn comes; but not for ever.</summary>
    private const int LongestWaits = 12;

    /// <summary>How long nobody has to come before a group is taken as it is: 50 µs, less than what a sync costs on a fast disk.</summary>
    private static readonly long GatherTicks = Stopwatch.Frequency / 20_000;

    private int _lastGroup;
    private int _waits;
    private uint _seen;

    /// <summary>
    /// Takes what is queued, and what comes in a moment: no more than the last group had, and no longer than each moment brings more.
    /// Hashes meanwhile. Under the file lock.
    /// </summary>
    /// <returns>Whether there is anything.</returns>
    private bool Gather()
    {
        var any = TakeQueued();
        for (
            var since = Stopwatch.GetTimestamp();
            _batch.Count < _lastGroup && _frame.HasRoom && Stopwatch.GetTimestamp() - since < GatherTicks;

        )
        {
            _tail.Count(_frame);
            if (Volatile.Read(ref _queued) == 0)
            {
                // Gives the core to whoever brings more.
                _ = Thread.Yield();
            }
            else if (TakeQueued())
            {
                (any, since) = (true, Stopwatch.GetTimestamp());
            }
        }

        return any;
    }

    private void WakeForCheckpoint()
    {
        lock (_queueGate)
        {
            // There is a writer: nothing is appended before it has found the end of the log. While it closes, it signs anyway.
            if (!_closing)
            {
                Wake();
            }
        }
    }

    private void SignIfDue(bool closing)
    {
        if (_signer is not { } signer || !(closing ? signer.HasRest : signer.IsDue))
        {
            return;
        }

        lock (_commit)
        {
            try
            {
                WaitForLock();
                try
                {
                    _tail.CatchUp();
                    signer.Check(_tail);
                    signer.Sign(_tail, closing);
                }
                finally
                {
                    _tail.Unlock();
                }
            }
#pragma warning disable CA1031 // Whatever went wrong is shown in the status, and tried again; the records are where they were.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                signer.Failed(Reason(failure));
            }
        }
    }

    /// <summary>Takes the file lock. While that takes long, a timer tells the callers; only this thread waits on.</summary>
    private void WaitForLock()
    {
        if (_tail.TryLock())
        {
            return;
        }

        if (_isOnCaller)
        {
            LookForLock();
            return;
        }

        _lockTimer ??= _options.TimeProvider.CreateTimer(
            static writer => ((JournalWriter)writer!).GiveUpWaiting(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        lock (_queueGate)
        {
            _waitingForLock = true;
            (_waits, _seen) = (0, _tail.Peek());
        }

        _lockTimer.Change(_options.LockWait, Timeout.InfiniteTimeSpan);
        try
        {
            _tail.Lock();
        }
        finally
        {
            lock (_queueGate)
            {
                _waitingForLock = false;
                _stuck = false;
            }

            _lockTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// The same on the thread of whoever closes, which must come back: so it is not the kernel that waits. Nor is it a timer, which takes a
    /// thread too. Given up once, it is not waited for again.
    /// </summary>
    private void LookForLock()
    {
        var clock = _options.TimeProvider;
        var since = clock.GetTimestamp();
        var spin = default(SpinWait);
        (_waits, _seen) = (0, _tail.Peek());
        while (!_stuck)
        {
            spin.SpinOnce();
            if (_tail.TryLock())
            {
                return;
            }

            if (clock.GetElapsedTime(since) >= _options.LockWait)
            {
                _stuck = !GetsOn();
                since = clock.GetTimestamp();
            }
        }

        throw new IOException(LockReason);
    }

    /// <summary>Busy is not stuck: 40 that start at once on a loaded machine take more than <see cref="AuditJournalOptions.LockWait"/> together.</summary>
    private bool GetsOn()
    {
        var now = _tail.Peek();
        if (now == _seen || ++_waits >= LongestWaits)
        {
            return false;
        }

        _seen = now;
        return true;
    }

    private void GiveUpWaiting()
    {
        PendingAppend[] refused;
        lock (_queueGate)
        {
            if (!_waitingForLock)
            {
                return; // It came just in time.
            }

            if (GetsOn())
            {
                _lockTimer!.Change(_options.LockWait, Timeout.InfiniteTimeSpan);
                return;
            }

            _stuck = true;
            refused = [.. _queue];
            _queue.Clear();
            Volatile.Write(ref _queued, 0);
            if (_closing)
            {
                _closed.TrySetResult();
            }
        }

        foreach (var pending in refused)
        {
            pending.TrySetResult(Refuse(pending, LockReason));
        }
    }
}
