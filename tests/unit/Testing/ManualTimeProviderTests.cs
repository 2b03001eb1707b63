using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Testing;

public sealed class ManualTimeProviderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualTimeProvider _clock = new();
    private readonly List<string> _fired = [];

    [Fact]
    public void It_stands_still_until_it_is_advanced()
    {
        var (now, timestamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        Assert.Equal(now, _clock.GetUtcNow());
        _clock.Advance(Second);
        Assert.Equal(now + Second, _clock.GetUtcNow());
        Assert.Equal(Second, _clock.GetElapsedTime(timestamp));
    }

    [Fact]
    public void It_does_not_go_back() => Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Advance(-Second));

    [Fact]
    public void A_corrected_wall_clock_moves_no_timer()
    {
        Set("a", Second);
        var timestamp = _clock.GetTimestamp();
        _clock.SetUtcNow(_clock.GetUtcNow().AddDays(-1));
        Assert.Equal(TimeSpan.Zero, _clock.GetElapsedTime(timestamp));
        _clock.Advance(Second);
        Assert.Equal(["a"], _fired, StringComparer.Ordinal);
    }

    [Fact]
    public void Timers_fire_in_the_order_in_which_they_are_due_each_at_its_time()
    {
        var start = _clock.GetUtcNow();
        var times = new List<TimeSpan>();
        Set("late", 3 * Second, () => times.Add(_clock.GetUtcNow() - start));
        Set("early", Second, () => times.Add(_clock.GetUtcNow() - start));
        Set("same, set later", Second, () => times.Add(_clock.GetUtcNow() - start));
        _clock.Advance(5 * Second);
        Assert.Equal(["early", "same, set later", "late"], _fired, StringComparer.Ordinal);
        Assert.Equal([Second, Second, 3 * Second], times);
        Assert.Equal(start + (5 * Second), _clock.GetUtcNow());
        Assert.Equal(0, _clock.WaitingTimers);
    }

    [Fact]
    public void A_timer_does_not_fire_before_it_is_due()
    {
        Set("a", Second);
        _clock.Advance(Second - TimeSpan.FromTicks(1));
        Assert.Empty(_fired);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Single(_fired);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Single(_fired);
    }

    [Fact]
    public void A_periodic_timer_fires_again_and_again_until_it_is_disposed()
    {
        using var timer = _clock.CreateTimer(_ => _fired.Add("p"), null, Second, 2 * Second);
        _clock.Advance(6 * Second);
        Assert.Equal(3, _fired.Count);
        timer.Dispose();
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(3, _fired.Count);
        Assert.False(timer.Change(Second, Second));
        Assert.Equal(0, _clock.WaitingTimers);
    }

    [Fact]
    public void A_timer_that_is_changed_fires_at_the_new_time_only()
    {
        using var timer = _clock.CreateTimer(_ => _fired.Add("a"), null, Second, Timeout.InfiniteTimeSpan);
        Assert.True(timer.Change(3 * Second, Timeout.InfiniteTimeSpan));
        _clock.Advance(2 * Second);
        Assert.Empty(_fired);
        _clock.Advance(Second);
        Assert.Single(_fired);
        Assert.True(timer.Change(Timeout.InfiniteTimeSpan, Second));
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Single(_fired);
    }

    [Fact]
    public void A_timer_that_is_due_at_once_fires_with_the_next_advance_even_of_nothing()
    {
        Set("a", TimeSpan.Zero);
        Assert.Empty(_fired);
        _clock.Advance(TimeSpan.Zero);
        Assert.Single(_fired);
    }

    [Fact]
    public void A_callback_may_set_timers_that_are_due_in_the_same_advance_and_end_its_own()
    {
        ITimer? periodic = null;
        periodic = _clock.CreateTimer(
            _ =>
            {
                _fired.Add("periodic");
                periodic!.Dispose();
                Set("nested", Second);
            },
            null,
            Second,
            Second
        );
        _clock.Advance(10 * Second);
        Assert.Equal(["periodic", "nested"], _fired, StringComparer.Ordinal);
    }

    [Fact]
    public void Impossible_times_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.CreateTimer(_ => { }, null, -Second, Second));
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.CreateTimer(_ => { }, null, Second, -Second));
        Assert.Throws<ArgumentNullException>(() => _clock.CreateTimer(null!, null, Second, Second));
    }

    [Fact]
    public async Task What_waits_by_the_clock_goes_on_when_it_is_advanced()
    {
        var waiting = Task.Delay(Second, _clock, TestContext.Current.CancellationToken);
        Assert.Equal(1, _clock.WaitingTimers);
        Assert.False(waiting.IsCompleted);
        _clock.Advance(Second);
        await waiting;
        using var cancelled = new CancellationTokenSource(Second, _clock);
        _clock.Advance(Second);
        Assert.True(cancelled.IsCancellationRequested);
    }

    private void Set(string name, TimeSpan due, Action? also = null) =>
        _clock.CreateTimer(
            _ =>
            {
                _fired.Add(name);
                also?.Invoke();
            },
            null,
            due,
            Timeout.InfiniteTimeSpan
        );
}
