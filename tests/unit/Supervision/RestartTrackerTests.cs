using FsCheck;
using FsCheck.Fluent;
using Osl.Supervision;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision;

public sealed class RestartTrackerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [InlineData(RestartWhen.Never, false, "Done")]
    [InlineData(RestartWhen.Never, true, "Failed")]
    [InlineData(RestartWhen.OnFailure, false, "Done")]
    [InlineData(RestartWhen.OnFailure, true, "Restart")]
    [InlineData(RestartWhen.Always, false, "Restart")]
    [InlineData(RestartWhen.Always, true, "Restart")]
    public void It_is_restarted_when_the_policy_says_so(RestartWhen when, bool failed, string verdict) =>
        Assert.Equal(verdict, $"{new RestartTracker(new RestartPolicy { When = when }, _clock).Ended(failed, Second).Verdict}");

    [Fact]
    public void Each_wait_is_longer_up_to_the_longest()
    {
        var tracker = new RestartTracker(Steady with { MaxRestarts = null, MaxDelay = TimeSpan.FromSeconds(5) }, _clock);
        var waits = Enumerable.Range(0, 1100).Select(_ => tracker.Ended(failed: true, TimeSpan.Zero).Delay.TotalSeconds).ToArray();
        Assert.Equal([1, 2, 4, 5, 5], waits[..5]);
        // Also where the power is no number any more.
        Assert.All(waits[5..], wait => Assert.Equal(5, wait));
        Assert.Equal(1100, tracker.Restarts);
    }

    [Fact]
    public void At_once_stays_at_once()
    {
        var tracker = new RestartTracker(Steady with { InitialDelay = TimeSpan.Zero, MaxRestarts = null }, _clock);
        Assert.All(Enumerable.Range(0, 2000), _ => Assert.Equal(TimeSpan.Zero, tracker.Ended(failed: true, TimeSpan.Zero).Delay));
    }

    [Fact]
    public void Chance_makes_a_wait_shorter_by_its_part_at_most()
    {
        var most = new RestartTracker(Steady with { Jitter = 0.5 }, _clock, random: () => 0.999999);
        Assert.InRange(most.Ended(failed: true, TimeSpan.Zero).Delay.TotalSeconds, 0.5, 0.51);
        var none = new RestartTracker(Steady with { Jitter = 0.5 }, _clock, random: () => 0);
        Assert.Equal(1, none.Ended(failed: true, TimeSpan.Zero).Delay.TotalSeconds);
    }

    [Fact]
    public void More_than_so_many_in_a_window_have_failed_for_good()
    {
        var tracker = new RestartTracker(Steady with { MaxRestarts = 2, Window = 10 * Second, HealthyAfter = null }, _clock);
        Assert.Equal(RestartVerdict.Restart, tracker.Ended(failed: true, Second).Verdict);
        _clock.Advance(6 * Second);
        Assert.Equal(RestartVerdict.Restart, tracker.Ended(failed: true, Second).Verdict);
        _clock.Advance(4 * Second);
        // The first one is out of the window now.
        Assert.Equal(RestartVerdict.Restart, tracker.Ended(failed: true, Second).Verdict);
        var last = tracker.Ended(failed: true, Second);
        Assert.Equal((RestartVerdict.Failed, "more than 2 restarts within 10 s"), (last.Verdict, last.Reason));
    }

    [Fact]
    public void After_a_time_of_health_it_begins_anew()
    {
        var tracker = new RestartTracker(Steady with { MaxRestarts = 2, Window = null, HealthyAfter = 60 * Second }, _clock);
        Assert.Equal(1, tracker.Ended(failed: true, Second).Delay.TotalSeconds);
        Assert.Equal(2, tracker.Ended(failed: true, 59 * Second).Delay.TotalSeconds);
        Assert.Equal(1, tracker.Ended(failed: true, 60 * Second).Delay.TotalSeconds);
        Assert.Equal(2, tracker.Ended(failed: true, Second).Delay.TotalSeconds);
        Assert.Equal((RestartVerdict.Failed, "more than 2 restarts"), Of(tracker.Ended(failed: true, Second)));
    }

    [Fact]
    public void In_no_window_are_more_restarts_than_allowed_whenever_they_come() =>
        Prop.ForAll(
                Gen.Choose(0, 40).ArrayOf(100).ToArbitrary(),
                pauses =>
                {
                    var clock = new ManualTimeProvider();
                    var tracker = new RestartTracker(Steady with { MaxRestarts = 3, Window = 30 * Second, HealthyAfter = null }, clock);
                    var restarts = new List<DateTimeOffset>();
                    foreach (var pause in pauses)
                    {
                        clock.Advance(pause * Second);
                        if (tracker.Ended(failed: true, Second).Verdict == RestartVerdict.Restart)
                        {
                            restarts.Add(clock.GetUtcNow());
                        }
                    }

                    return restarts.Count > 0
                        && restarts.All(one => restarts.Count(other => other >= one && other - one < 30 * Second) <= 3);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Values_out_of_range_are_named()
    {
        Assert.Empty(RestartPolicy.OnFailure.Problems());
        RestartPolicy[] bad =
        [
            new() { When = (RestartWhen)7 },
            new() { InitialDelay = -Second },
            new() { MaxDelay = TimeSpan.Zero },
            new() { MaxDelay = TimeSpan.MaxValue },
            new() { Factor = 0.9 },
            new() { Factor = double.NaN },
            new() { Jitter = 1.1 },
            new() { MaxRestarts = -1 },
            new() { Window = TimeSpan.Zero },
            new() { HealthyAfter = -Second },
        ];
        Assert.All(bad, policy => Assert.Single(policy.Problems()));
    }

    private static RestartPolicy Steady { get; } = new() { InitialDelay = Second, Jitter = 0 };

    private static (RestartVerdict, string?) Of(RestartDecision decision) => (decision.Verdict, decision.Reason);
}
