using Osl.Operations;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Operations;

public sealed class LongWaitsTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private readonly ManualTimeProvider _clock = new();

    /// <summary>Within what a timer takes, the most it takes, one more, and several of them.</summary>
    public static TheoryData<TimeSpan> Times =>
        [TimeSpan.FromDays(1), LongWaits.LongestTimer, LongWaits.LongestTimer + Tick, TimeSpan.FromDays(60), TimeSpan.FromDays(365)];

    [Fact]
    public void The_longest_timer_is_the_longest_that_the_system_takes()
    {
        using var longest = TimeProvider.System.CreateTimer(static _ => { }, null, LongWaits.LongestTimer, Timeout.InfiniteTimeSpan);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            TimeProvider.System.CreateTimer(
                static _ => { },
                null,
                LongWaits.LongestTimer + TimeSpan.FromMilliseconds(1),
                Timeout.InfiniteTimeSpan
            )
        );
    }

    [Theory]
    [MemberData(nameof(Times))]
    public void A_timer_fires_once_when_it_is_due(TimeSpan due)
    {
        var fired = 0;
        using var timer = _clock.CreateTimer(_ => fired++, null, due);
        _clock.Advance(due - Tick);
        Assert.Equal(0, fired);
        _clock.Advance(Tick);
        Assert.Equal((1, 0), (fired, _clock.WaitingTimers));
        _clock.Advance(due + due);
        Assert.Equal(1, fired);
    }

    [Theory]
    [MemberData(nameof(Times))]
    public void A_timer_that_is_disposed_of_does_not_fire(TimeSpan due)
    {
        var timer = _clock.CreateTimer(_ => Assert.Fail("It fired."), null, due);
        _clock.Advance(due - Tick);
        timer.Dispose();
        Assert.Equal(0, _clock.WaitingTimers);
        _clock.Advance(due);
    }

    [Theory]
    [MemberData(nameof(Times))]
    public async Task A_delay_is_over_when_it_is_and_not_before(TimeSpan time)
    {
        var delay = _clock.DelayAsync(time, TestContext.Current.CancellationToken);
        _clock.Advance(time - Tick);
        Assert.False(delay.IsCompleted);
        _clock.Advance(Tick);
        await delay;
        Assert.Equal(0, _clock.WaitingTimers);
    }

    [Theory]
    [MemberData(nameof(Times))]
    public async Task A_delay_can_be_cancelled(TimeSpan time)
    {
        using var cancel = new CancellationTokenSource();
        var delay = _clock.DelayAsync(time, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delay);
        Assert.Equal(0, _clock.WaitingTimers);
    }

    [Theory]
    [MemberData(nameof(Times))]
    public async Task A_wait_gives_up_when_its_time_is_over(TimeSpan limit)
    {
        var never = new TaskCompletionSource();
        var wait = _clock.WaitAsync(never.Task, limit);
        _clock.Advance(limit - Tick);
        Assert.False(wait.IsCompleted);
        _clock.Advance(Tick);
        await Assert.ThrowsAsync<TimeoutException>(() => wait);
    }

    [Theory]
    [MemberData(nameof(Times))]
    public async Task A_wait_ends_as_its_task_does(TimeSpan limit)
    {
        var good = new TaskCompletionSource();
        var bad = new TaskCompletionSource();
        var (first, second) = (_clock.WaitAsync(good.Task, limit), _clock.WaitAsync(bad.Task, limit));
        good.SetResult();
        bad.SetException(new InvalidOperationException("boom"));
        await first;
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
        Assert.Equal(0, _clock.WaitingTimers);
    }
}
