namespace Osl.Operations;

/// <summary>Waits of any length. A timer of .NET takes 0xFFFFFFFE ms, 49.7 days, and throws beyond; what operations and policies may say is longer.</summary>
/// <remarks>A longer wait is several timers, one after the other, on the same clock. Whatever was validated as a duration waits by these.</remarks>
internal static class LongWaits
{
    /// <summary>The most that System.Threading.Timer, Task.Delay and CancellationTokenSource take.</summary>
    internal static TimeSpan LongestTimer { get; } = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>A timer that fires once.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="callback">What it does then.</param>
    /// <param name="state">For the callback.</param>
    /// <param name="due">After how long; zero or more.</param>
    /// <returns>The timer. It is disposed of to take it back, and can't be changed where it is a long one.</returns>
    internal static ITimer CreateTimer(this TimeProvider clock, TimerCallback callback, object? state, TimeSpan due) =>
        due <= LongestTimer
            ? clock.CreateTimer(callback, state, due, Timeout.InfiniteTimeSpan)
            : new LongTimer(clock, callback, state, due);

    /// <summary>Completes when a time is over.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="delay">How long; zero or more.</param>
    /// <param name="cancellationToken">Ends the wait, with <see cref="OperationCanceledException"/>.</param>
    internal static Task DelayAsync(this TimeProvider clock, TimeSpan delay, CancellationToken cancellationToken = default) =>
        delay <= LongestTimer ? Task.Delay(delay, clock, cancellationToken) : DelayLongAsync(clock, delay, cancellationToken);

    /// <summary>Waits for a task, no longer than for a time.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="task">For what.</param>
    /// <param name="limit">How long; zero or more.</param>
    /// <exception cref="TimeoutException">The time is over.</exception>
    internal static async Task WaitAsync(this TimeProvider clock, Task task, TimeSpan limit)
    {
        if (limit <= LongestTimer || task.IsCompleted)
        {
            await task.WaitAsync(task.IsCompleted ? TimeSpan.Zero : limit, clock).ConfigureAwait(false);
            return;
        }

        using var enough = new CancellationTokenSource();
        var first = await Task.WhenAny(task, DelayLongAsync(clock, limit, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        if (first != task)
        {
            throw new TimeoutException();
        }

        await task.ConfigureAwait(false);
    }

    private static async Task DelayLongAsync(TimeProvider clock, TimeSpan delay, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = new LongTimer(clock, static over => ((TaskCompletionSource)over!).TrySetResult(), over, delay);
        await over.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private sealed class LongTimer : ITimer
    {
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly ITimer _timer;
        private TimeSpan _left;

        internal LongTimer(TimeProvider clock, TimerCallback callback, object? state, TimeSpan due)
        {
            (_callback, _state, _left) = (callback, state, due);
            _timer = clock.CreateTimer(
                static self => ((LongTimer)self!).OnTime(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan
            );
            // Not before the field is set, which the callback needs.
            WaitOn();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) =>
            throw new NotSupportedException("A long timer fires once, as it was made.");

        public void Dispose() => _timer.Dispose();

        public ValueTask DisposeAsync() => _timer.DisposeAsync();

        private void OnTime()
        {
            if (_left > TimeSpan.Zero)
            {
                WaitOn();
            }
            else
            {
                _callback(_state);
            }
        }

        private void WaitOn()
        {
            var next = _left < LongestTimer ? _left : LongestTimer;
            _left -= next;
            _ = _timer.Change(next, Timeout.InfiniteTimeSpan);
        }
    }
}
