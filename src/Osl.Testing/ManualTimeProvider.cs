using Osl.Operations;

namespace Osl.Testing;

/// <summary>A clock that stands still until <see cref="Advance"/>; its timers fire then, in order, on the caller's thread.</summary>
/// <remarks>
/// Timers fire one after the other in the order of their due times, each seeing the clock at its own due time; those that are due at
/// the same time fire in the order in which they were set. A callback may set, change and dispose timers, its own included.
/// Safe for use by several threads; callbacks run outside the lock.
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now;
    private long _ticks;
    private long _sequence;

    /// <summary>A clock that stands at noon of 1 January 2030, UTC.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero)) { }

    /// <summary>A clock that stands at a time.</summary>
    /// <param name="start">The time.</param>
    public ManualTimeProvider(DateTimeOffset start) => _now = start.ToUniversalTime();

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers are waiting to fire: what a test looks at to know that somebody waits.</summary>
    public int WaitingTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _ticks;
        }
    }

    /// <summary>Moves wall clock and monotonic clock forward, and fires every timer that is due on the way.</summary>
    /// <param name="by">How far; zero fires what is due now.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long end;
        lock (_lock)
        {
            end = _ticks + by.Ticks;
        }

        while (TakeDue(end) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>Sets the wall clock, as somebody who corrects it would. Timers and timestamps know nothing of it.</summary>
    /// <param name="now">The new time; earlier ones too.</param>
    public void SetUtcNow(DateTimeOffset now)
    {
        lock (_lock)
        {
            _now = now.ToUniversalTime();
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>The next timer that is due until then, with the clock set to its due time; at the end, the clock is set to the end.</summary>
    private ManualTimer? TakeDue(long end)
    {
        lock (_lock)
        {
            var next = _timers.Where(timer => timer.DueAt <= end).MinBy(timer => (timer.DueAt, timer.Sequence));
            var until = Math.Max(_ticks, next?.DueAt ?? end);
            _now += TimeSpan.FromTicks(until - _ticks);
            _ticks = until;
            if (next is null)
            {
                return null;
            }

            _timers.Remove(next);
            if (next.Period is { } period)
            {
                Schedule(next, next.DueAt + period.Ticks);
            }

            return next;
        }
    }

    private void Schedule(ManualTimer timer, long dueAt)
    {
        timer.DueAt = dueAt;
        timer.Sequence = _sequence++;
        _timers.Add(timer);
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private bool _isDisposed;

        public long DueAt { get; set; }

        public long Sequence { get; set; }

        /// <summary>Null for a timer that fires once.</summary>
        public TimeSpan? Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            RequireTime(dueTime, nameof(dueTime));
            RequireTime(period, nameof(period));
            lock (clock._lock)
            {
                if (_isDisposed)
                {
                    return false;
                }

                clock._timers.Remove(this);
                // As System.Threading.Timer does: a period of zero fires once.
                Period = period > TimeSpan.Zero ? period : null;
                if (dueTime >= TimeSpan.Zero)
                {
                    clock.Schedule(this, clock._ticks + dueTime.Ticks);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._lock)
            {
                _isDisposed = true;
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private static void RequireTime(TimeSpan time, string name)
        {
            // The system's own timers take no more, and what is longer would pass here and throw in production.
            if ((time < TimeSpan.Zero && time != Timeout.InfiniteTimeSpan) || time > LongWaits.LongestTimer)
            {
                throw new ArgumentOutOfRangeException(
                    name,
                    time,
                    "A timer takes zero to 0xFFFFFFFE ms (49.7 days), or Timeout.InfiniteTimeSpan, as System.Threading.Timer does."
                );
            }
        }
    }
}
