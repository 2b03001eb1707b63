using Osl.Supervision;
using Osl.Supervision.Services;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Services;

public sealed class RestartSupervisorTests
{
    private static readonly RestartPolicy Steady = new()
    {
        InitialDelay = TimeSpan.FromSeconds(1),
        Jitter = 0,
        MaxRestarts = 2,
    };

    private readonly ManualTimeProvider _clock = new();
    private readonly List<ScriptedService> _made = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_failure_a_new_one_is_made_when_the_wait_is_over()
    {
        var supervisor = Make();
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunAsync(Cancelled);
        await FailAsync(events);
        await WaitingAsync(events);
        Assert.Single(_made);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(events, LifecycleState.Running);
        Assert.Equal((2, 1), (_made.Count, _made[0].Runs));
        await supervisor.Handle.ShutdownAsync();
        await run;
        Assert.Equal(LifecycleState.Ended, supervisor.State);
    }

    [Fact]
    public async Task Shutdown_interrupts_the_wait()
    {
        var supervisor = Make();
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunAsync(Cancelled);
        await FailAsync(events);
        await WaitingAsync(events);
        await supervisor.Handle.ShutdownAsync();
        await run;
        Assert.Equal((LifecycleState.Ended, 1), (supervisor.State, _made.Count));

        // And it can be run again.
        run = supervisor.RunAsync(Cancelled);
        await UntilAsync(events, LifecycleState.Running);
        Assert.Equal(2, _made.Count);
        await supervisor.Handle.ShutdownAsync();
        await run;
    }

    [Fact]
    public async Task When_the_policy_gives_up_it_fails_with_the_last_failure()
    {
        var supervisor = Make();
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunAsync(Cancelled);
        for (var i = 0; i < 2; i++)
        {
            await FailAsync(events);
            await WaitingAsync(events);
            _clock.Advance(TimeSpan.FromSeconds(2));
        }

        await FailAsync(events);
        var failed = await Assert.ThrowsAsync<ServiceFailedException>(() => run);
        Assert.Equal("service 'watched' failed: more than 2 restarts within 60 s; at last: boom", failed.Message);
        Assert.Equal((LifecycleState.Failed, 3), (supervisor.State, _made.Count));
    }

    [Fact]
    public async Task A_factory_that_fails_counts_as_a_failure()
    {
        var calls = 0;
        var supervisor = new RestartSupervisor(
            "watched",
            () => calls++ == 0 ? throw new InvalidOperationException("no") : Service(),
            Steady,
            _clock
        );
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunAsync(Cancelled);
        await WaitingAsync(events);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(events, LifecycleState.Running);
        await supervisor.Handle.ShutdownAsync();
        await run;
    }

    [Fact]
    public async Task What_it_is_told_reaches_the_one_that_runs_and_in_between_is_kept_for_the_next()
    {
        var supervisor = Make();
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunAsync(Cancelled);
        await FailAsync(events);
        await WaitingAsync(events);
        var message = new RuntimeControlMessage.Custom("kept");
        await supervisor.Handle.SendAsync(message);
        await supervisor.Handle.ReloadAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(events, LifecycleState.Running);
        await _made[1].Running;
        _made[1].End.SetResult(null);
        await run;
        Assert.Equal([message], _made[1].Heard);
        Assert.Equal(LifecycleState.Ended, supervisor.State);
    }

    [Fact]
    public async Task A_reload_that_comes_while_the_next_is_made_reaches_it()
    {
        RestartSupervisor? supervisor = null;
        supervisor = new RestartSupervisor(
            "watched",
            () =>
            {
                var service = Service();
                // It has read its configuration by now.
                _ = supervisor!.Handle.ReloadAsync();
                return service;
            },
            Steady,
            _clock
        );
        // What came before it is made is in what it reads.
        await supervisor.Handle.ReloadAsync();
        var run = supervisor.RunAsync(Cancelled);
        await Newest()!.Running;
        _made[0].End.SetResult(null);
        await run;
        Assert.Equal([RuntimeControlMessage.Reload], _made[0].Heard);
    }

    [Fact]
    public async Task It_is_not_run_a_second_time_while_it_runs()
    {
        var supervisor = Make();
        var run = supervisor.RunAsync(Cancelled);
        await Newest()!.Running;
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            supervisor.RunAsync(Cancelled).WaitAsync(TimeSpan.FromMinutes(1), Cancelled)
        );
        Assert.Equal((LifecycleState.Running, 1), (supervisor.State, _made.Count));
        await supervisor.Handle.ShutdownAsync();
        await run;
        Assert.Equal(LifecycleState.Ended, supervisor.State);
    }

    [Fact]
    public async Task Told_to_end_at_any_moment_it_ends_and_leaves_nothing_running()
    {
        for (var i = 0; i < 300; i++)
        {
            var supervisor = new RestartSupervisor("watched", Service, Steady with { InitialDelay = TimeSpan.Zero, MaxRestarts = null });
            var run = supervisor.RunAsync(Cancelled);
            var failing = Task.Run(() => Newest()?.End.TrySetResult(new TimeoutException("boom")), Cancelled);
            await supervisor.Handle.ShutdownAsync();
            await failing;
            await run.ContinueWith(static _ => { }, TaskScheduler.Default);
            Assert.True(supervisor.State is LifecycleState.Ended or LifecycleState.Failed, $"{supervisor.State}");
        }
    }

    [Theory]
    [InlineData(60)]
    [InlineData(365)]
    public async Task A_wait_may_be_longer_than_the_systems_timers_take(int days)
    {
        var wait = TimeSpan.FromDays(days);
        var supervisor = new RestartSupervisor("watched", Service, Steady with { InitialDelay = wait, MaxDelay = wait }, _clock);
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunAsync(Cancelled);
        await FailAsync(events);
        await WaitingAsync(events);
        _clock.Advance(wait - TimeSpan.FromTicks(1));
        Assert.Equal((LifecycleState.Waiting, 1), (supervisor.State, _made.Count));
        _clock.Advance(TimeSpan.FromTicks(1));
        await UntilAsync(events, LifecycleState.Running);
        await supervisor.Handle.ShutdownAsync();
        await run;
        Assert.Equal(0, _clock.WaitingTimers);
    }

    [Fact]
    public void A_policy_out_of_range_is_refused_at_once() =>
        Assert.Throws<ArgumentException>(() => new RestartSupervisor("watched", Service, Steady with { Factor = 0 }));

    private RestartSupervisor Make() => new("watched", Service, Steady, _clock);

    private ScriptedService Service()
    {
        var service = new ScriptedService("child");
        lock (_made)
        {
            _made.Add(service);
        }

        return service;
    }

    private ScriptedService? Newest()
    {
        lock (_made)
        {
            return _made.LastOrDefault();
        }
    }

    private async Task FailAsync(Subscription<ServiceEvent> events)
    {
        await UntilAsync(events, LifecycleState.Running);
        await _made[^1].Running;
        _made[^1].End.SetResult(new TimeoutException("boom"));
    }

    /// <summary>Until it waits, with its timer set.</summary>
    private async Task WaitingAsync(Subscription<ServiceEvent> events)
    {
        await UntilAsync(events, LifecycleState.Waiting);
        await Until.TrueAsync(() => _clock.WaitingTimers > 0);
    }

    private static async Task UntilAsync(Subscription<ServiceEvent> events, LifecycleState state)
    {
        while ((await events.NextAsync(Cancelled))!.Value.Event?.To != state)
        {
            // Others come first.
        }
    }
}
