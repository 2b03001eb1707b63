using Osl.Supervision;
using Osl.Supervision.Services;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Services;

public sealed class ServiceManagerTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedService _one = new("one");
    private readonly ScriptedService _two = new("two");

    [Fact]
    public async Task Without_services_a_run_is_over_at_once()
    {
        var outcome = await Manager().RunToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(outcome.IsSuccess);
        Assert.Equal("all services have ended", outcome.ToString());
    }

    [Fact]
    public async Task Shutdown_waits_for_all_and_all_are_told_at_once()
    {
        var manager = Manager(_one, _two);
        // Each ends only when the other was told as well.
        var told = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        _one.AtShutdown = _ => Both(told, 0);
        _two.AtShutdown = _ => Both(told, 1);
        var run = await StartAsync(manager);
        await manager.Handle.ShutdownAsync();
        Assert.True((await run).IsSuccess);
        Assert.All(manager.States, state => Assert.Equal(LifecycleState.Ended, state.State));

        static Task Both(TaskCompletionSource[] told, int mine)
        {
            told[mine].SetResult();
            return told[1 - mine].Task;
        }
    }

    [Fact]
    public async Task The_first_failure_ends_the_others_and_is_reported()
    {
        var manager = Manager(_one, _two);
        var run = await StartAsync(manager);
        _two.AtShutdown = _ => throw new InvalidOperationException("second");
        _one.End.SetResult(new TimeoutException("first"));
        var outcome = await run;
        Assert.Equal(("one", "first"), (outcome.Failure!.Service, outcome.Failure.Error.Message));
        Assert.Equal([("one", LifecycleState.Failed), ("two", LifecycleState.Failed)], manager.States);
        Assert.Equal("service 'one' failed: first", Assert.Throws<ServiceFailedException>(outcome.EnsureSuccess).Message);
    }

    [Fact]
    public async Task Who_ends_by_itself_just_leaves()
    {
        var manager = Manager(_one, _two);
        var run = await StartAsync(manager);
        _one.End.SetResult(null);
        await UntilAsync(manager, "one", LifecycleState.Ended);
        Assert.False(run.IsCompleted);
        _two.End.SetResult(null);
        Assert.True((await run).IsSuccess);
    }

    [Fact]
    public async Task Who_does_not_end_in_time_is_abandoned_and_named_and_never_hangs_the_run()
    {
        var inner = new ServiceManager(
            new ServiceManagerOptions
            {
                Name = "inner",
                ShutdownGracePeriod = TimeSpan.FromHours(1),
                TimeProvider = _clock,
            }
        );
        inner.Insert(_one);
        var released = new TaskCompletionSource();
        var asked = new CountdownEvent(2);
        _one.AtShutdown = _ => Stuck();
        _two.AtShutdown = _ => Stuck();
        Task Stuck()
        {
            asked.Signal();
            return released.Task;
        }

        var manager = Manager(_two);
        manager.Insert(inner);
        using var events = manager.Events.Subscribe();
        var run = await StartAsync(manager);
        await _one.Running;
        var shutdown = manager.Handle.ShutdownAsync();
        await Task.Run(() => asked.Wait(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        _clock.Advance(Grace - TimeSpan.FromTicks(1));
        Assert.False(run.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        var outcome = await run;
        await shutdown;
        Assert.Equal(["inner/one", "two"], outcome.Abandoned.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Contains("did not end in time: ", outcome.ToString(), StringComparison.Ordinal);

        // It may not run twice; and what ends late is told of.
        var again = await manager.RunToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("two", again.Failure!.Service);
        Assert.Equal(1, _two.Runs);
        released.SetResult();
        await UntilAsync(events, "two", LifecycleState.Ended);
    }

    [Fact]
    public async Task The_token_of_who_is_abandoned_is_its_last_chance()
    {
        var manager = Manager(_one);
        using var events = manager.Events.Subscribe();
        _one.AtShutdown = abandoned => Task.Delay(Timeout.Infinite, abandoned);
        var run = await StartAsync(manager);
        _ = manager.Handle.ShutdownAsync();
        await UntilAsync(events, "one", LifecycleState.Stopping);
        _clock.Advance(Grace);
        Assert.Equal(["one"], (await run).Abandoned);
        await UntilAsync(events, "one", LifecycleState.Ended);
    }

    [Fact]
    public async Task Who_can_not_say_who_is_left_within_is_named_all_the_same()
    {
        var odd = new ScriptedService("odd") { SaysWhoIsLeft = () => throw new NotSupportedException() };
        odd.AtShutdown = abandoned => Task.Delay(Timeout.Infinite, abandoned);
        var manager = Manager(odd);
        var run = await StartAsync(manager);
        _ = manager.Handle.ShutdownAsync();
        _clock.Advance(Grace);
        Assert.Equal("odd", Assert.Single((await run).Abandoned));
    }

    [Fact]
    public async Task Ending_just_when_it_is_abandoned_harms_nobody()
    {
        for (var round = 0; round < 300; round++)
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var service = new ScriptedService("late") { AtShutdown = _ => end.Task };
            var manager = Manager(service);
            var run = await StartAsync(manager);
            _ = manager.Handle.ShutdownAsync();
            var ending = Task.Run(end.SetResult, TestContext.Current.CancellationToken);
            // The timer fires on this thread: whatever it throws comes out here.
            _clock.Advance(Grace);
            await ending;
            Assert.Null((await run).Failure);
        }
    }

    [Fact]
    public async Task Start_shutdown_start()
    {
        var manager = Manager(_one, _two);
        for (var round = 1; round <= 3; round++)
        {
            var run = await StartAsync(manager);
            await manager.Handle.ShutdownAsync();
            Assert.True((await run).IsSuccess);
            Assert.Equal((round, round), (_one.Runs, _two.Runs));
        }
    }

    [Fact]
    public async Task A_service_that_ended_as_it_was_told_to_can_run_again()
    {
        // Told to end when it just has: the message must not end its next run.
        var manager = Manager(_one, _two);
        for (var round = 0; round < 300; round++)
        {
            _one.End = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var run = await StartAsync(manager);
            var shutdown = Task.Run(() => manager.Handle.ShutdownAsync(), TestContext.Current.CancellationToken);
            _one.End.TrySetResult(null);
            await shutdown;
            Assert.True((await run).IsSuccess);
        }

        Assert.Equal(300, _one.Runs);
    }

    [Fact]
    public async Task Reload_reaches_all_also_those_beside_one_that_is_stuck()
    {
        var stuck = new ScriptedService("stuck") { Handler = new StuckHandler() };
        var manager = Manager(stuck, _one);
        using var events = manager.Events.Subscribe();
        var run = await StartAsync(manager);
        var reload = manager.Handle.ReloadAsync();
        await Until.TrueAsync(() => _one.Heard.Count > 0);
        _one.End.SetResult(null);
        await UntilAsync(events, "one", LifecycleState.Ended);
        Assert.Equal([RuntimeControlMessage.Reload], _one.Heard);
        Assert.False(reload.IsCompleted);
        await UntilTimerAsync();
        _clock.Advance(Grace);
        await reload;
        while (
            (await events.NextAsync(TestContext.Current.CancellationToken))!.Value.Event
                is not { Error: TimeoutException, Service: "stuck" }
        )
        {
            // Other events.
        }

        stuck.End.SetResult(null);
        await run;
    }

    [Fact]
    public async Task Messages_of_the_hosts_own_arrive_in_their_order_and_before_the_run_they_are_kept()
    {
        var manager = Manager(_one);
        var messages = Enumerable.Range(0, 100).Select(i => (RuntimeControlMessage)new RuntimeControlMessage.Custom(i)).ToArray();
        foreach (var message in messages[..50])
        {
            await manager.Handle.SendAsync(message);
        }

        var run = await StartAsync(manager);
        await Task.WhenAll(messages[50..].Select(manager.Handle.SendAsync));
        _one.End.SetResult(null);
        await run;
        Assert.Equal(messages, _one.Heard);
    }

    [Fact]
    public async Task A_shutdown_before_the_start_is_kept()
    {
        var manager = Manager(_one);
        await manager.Handle.ShutdownAsync();
        Assert.True((await manager.RunToEndAsync(TestContext.Current.CancellationToken)).IsSuccess);
        Assert.Equal(0, _one.Runs);
    }

    [Fact]
    public async Task Services_are_inserted_before_and_added_while_it_runs()
    {
        var manager = Manager(_one);
        var run = await StartAsync(manager);
        Assert.Throws<InvalidOperationException>(() => manager.Insert(_two));
        manager.Add(_two);
        await _two.Running;
        await Assert.ThrowsAsync<InvalidOperationException>(() => manager.RunToEndAsync(TestContext.Current.CancellationToken));
        var ending = new TaskCompletionSource();
        _two.AtShutdown = _ => ending.Task;
        _ = manager.Handle.ShutdownAsync();
        Assert.Throws<InvalidOperationException>(() => manager.Add(new IdleService()));
        ending.SetResult();
        Assert.True((await run).IsSuccess);
    }

    [Fact]
    public async Task With_automatic_cleanup_who_has_ended_is_forgotten()
    {
        var manager = new ServiceManager(new ServiceManagerOptions { AutoCleanup = true, TimeProvider = _clock });
        manager.Insert(_one);
        var run = await StartAsync(manager);
        _one.End.SetResult(null);
        await run;
        Assert.Empty(manager.States);
    }

    [Fact]
    public async Task Managers_nest_and_a_failure_within_ends_what_is_outside()
    {
        var inner = Manager(_one);
        var outer = new ServiceManager(new ServiceManagerOptions { Name = "outer", TimeProvider = _clock });
        outer.Insert(inner);
        outer.Insert(_two);
        var run = outer.RunToEndAsync(TestContext.Current.CancellationToken);
        await _one.Running;
        await _two.Running;
        _one.End.SetResult(new TimeoutException("deep"));
        var outcome = await run;
        Assert.Equal("service 'services' failed: service 'one' failed: deep", outcome.ToString());
        Assert.Equal(LifecycleState.Ended, outer.States[1].State);
    }

    [Fact]
    public async Task The_callers_token_ends_the_run_gracefully()
    {
        using var cancel = new CancellationTokenSource();
        var manager = Manager(_one);
        var run = manager.RunToEndAsync(cancel.Token);
        await _one.Running;
        await cancel.CancelAsync();
        Assert.True((await run).IsSuccess);
    }

    [Fact]
    public async Task A_handle_that_throws_is_an_event_and_no_end()
    {
        var odd = new ScriptedService("odd") { Handler = new ThrowingHandler() };
        var manager = Manager(odd);
        using var events = manager.Events.Subscribe();
        var run = await StartAsync(manager);
        await manager.Handle.ReloadAsync();
        while ((await events.NextAsync(TestContext.Current.CancellationToken))!.Value.Event is not { Error: NotSupportedException })
        {
            // Other events.
        }

        Assert.False(run.IsCompleted);
        odd.End.SetResult(null);
        await run;
    }

    private ServiceManager Manager(params ScriptedService[] services)
    {
        var manager = new ServiceManager(new ServiceManagerOptions { ShutdownGracePeriod = Grace, TimeProvider = _clock });
        foreach (var service in services)
        {
            manager.Insert(service);
        }

        return manager;
    }

    private static async Task<Task<ServicesOutcome>> StartAsync(ServiceManager manager)
    {
        var events = manager.Events.Subscribe();
        var run = manager.RunToEndAsync(TestContext.Current.CancellationToken);
        using (events)
        {
            for (var waiting = manager.States.Count; waiting > 0; )
            {
                waiting -=
                    (await events.NextAsync(TestContext.Current.CancellationToken))!.Value.Event?.To == LifecycleState.Running ? 1 : 0;
            }
        }

        return run;
    }

    private static async Task UntilAsync(ServiceManager manager, string service, LifecycleState state)
    {
        using var events = manager.Events.Subscribe();
        if (!manager.States.Any(now => string.Equals(now.Service, service, StringComparison.Ordinal) && now.State == state))
        {
            await UntilAsync(events, service, state);
        }
    }

    private static async Task UntilAsync(Subscription<ServiceEvent> events, string service, LifecycleState state)
    {
        ServiceEvent? last;
        do
        {
            last = (await events.NextAsync(TestContext.Current.CancellationToken))!.Value.Event;
        } while (last is null || !string.Equals(last.Service, service, StringComparison.Ordinal) || last.To != state);
    }

    private Task UntilTimerAsync() => Until.TrueAsync(() => _clock.WaitingTimers > 0);

    private sealed class StuckHandler : IProcessControlHandler
    {
        public Task SendAsync(RuntimeControlMessage message) => new TaskCompletionSource().Task;
    }

    private sealed class ThrowingHandler : IProcessControlHandler
    {
        public Task SendAsync(RuntimeControlMessage message) => throw new NotSupportedException();
    }
}
