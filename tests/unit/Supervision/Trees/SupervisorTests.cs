using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Services;
using Osl.Supervision.Trees;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Trees;

/// <summary>The supervisor around its core: children, operations, timers and events.</summary>
public sealed partial class SupervisorTests
{
    private static readonly SpawnProcessOperation Program = new("/bin/program");

    private readonly ManualTimeProvider _clock = new();
    private readonly FakeProcesses _processes = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_process_that_fails_is_started_again_under_the_context_that_inserted_it()
    {
        var someone = new OperationContext(new Principal("someone"), "nightly");
        var supervisor = Make().Add(ChildSpec.Process("a", _processes.Executor, Program, someone));
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        _processes.Started[0].Exit(3);
        var waiting = await UntilAsync(events, "a", LifecycleState.Waiting);
        Assert.Equal("'a' has ended: exit code 3.", waiting.Error!.Message);
        Assert.Single(_processes.Started);
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        await UntilAsync(events, "a", LifecycleState.Running);
        Assert.Equal(2, _processes.Started.Count);
        Assert.All(_processes.Executor.Calls, call => Assert.Equal("someone", call.Context.Principal.Name));
        Assert.Equal(ProcessGroupPlacement.NewGroup, _processes.Executor.CallsOf<SpawnProcessOperation>()[0].ProcessGroup.Placement);
        await StopAsync(supervisor, run);
        Assert.Equal(0, _processes.Alive);
    }

    [Theory]
    [InlineData(RestartStrategy.OneForOne)]
    [InlineData(RestartStrategy.OneForAll)]
    public async Task When_it_is_told_that_a_child_waits_its_clock_runs(RestartStrategy strategy)
    {
        var supervisor = Make(strategy: strategy).Add(Process("a"));
        var timers = new TaskCompletionSource<int>();
        supervisor.Upwards = told =>
        {
            if (told is SupervisorEvent.Changed { To: LifecycleState.Waiting })
            {
                timers.TrySetResult(_clock.WaitingTimers);
            }
        };
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        _processes.Started[0].Exit(3);
        Assert.Equal(1, await timers.Task);
        await StopAsync(supervisor, run);
    }

    [Fact]
    public async Task A_start_that_is_refused_is_tried_again_until_the_supervisor_gives_up()
    {
        _processes.Refusal = new Denied("rule", "no.", "Nothing.");
        var supervisor = Make(maxRestarts: 1).Add(Process("a"));
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await UntilAsync(events, "a", LifecycleState.Waiting);
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        var outcome = await run;
        Assert.Equal(2, _processes.Executor.Calls.Count);
        Assert.IsType<OperationException>(outcome.Failure!.Error);
    }

    [Fact]
    public async Task Who_gives_up_is_started_again_one_level_above_with_new_children()
    {
        var made = 0;
        var supervisor = Make()
            .Add(
                new ChildSpec(
                    "inner",
                    () =>
                    {
                        made++;
                        return Make("inner", maxRestarts: 0).Add(Process("leaf")).Add(Process("other"));
                    }
                )
            );
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        Assert.Equal(2, _processes.Started.Count);
        _processes.Started[0].Exit(1);
        var givenUp = await NextAsync<SupervisorEvent.GivenUp>(events);
        Assert.Equal("inner", givenUp.Path);
        var waiting = await UntilAsync(events, "inner", LifecycleState.Waiting);
        Assert.IsType<SupervisorFailedException>(waiting.Error);
        Assert.Equal(0, _processes.Alive);
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        await UntilAsync(events, "inner/leaf", LifecycleState.Running);
        Assert.Equal(2, made);
        await StopAsync(supervisor, run);
        Assert.Equal(0, _processes.Alive);
    }

    [Fact]
    public async Task A_detached_process_is_left_running_and_taken_up_by_the_next_run_of_its_child()
    {
        var supervisor = Make(strategy: RestartStrategy.OneForAll)
            .Add(ChildSpec.Process("daemon", _processes.Executor, Program.WithLifetime(ProcessLifetime.Detached)))
            .Add(Process("other"));
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        _processes.Started[1].Exit(1);
        var left = await NextAsync<SupervisorEvent.LeftRunning>(events);
        Assert.Equal(("daemon", 1000), (left.Path, left.Process.Process.Pid));
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        await UntilAsync(events, "other", LifecycleState.Running);
        // Three starts: the daemon once, the other one twice.
        Assert.Equal(3, _processes.Started.Count);
        await StopAsync(supervisor, run);
        Assert.Equal(1, _processes.Alive);
        Assert.False(_processes.Started[0].Exited.IsCompleted);
    }

    [Fact]
    public async Task A_child_that_does_not_end_is_abandoned_and_named_with_its_path()
    {
        var never = new TaskCompletionSource();
        var supervisor = Make().Add(new ChildSpec("inner", () => Make("inner").Add(new ChildSpec("stuck", () => new Stuck(never.Task)))));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        using var events = supervisor.Events.Subscribe();
        _ = supervisor.Handle.ShutdownAsync();
        await UntilAsync(events, "inner/stuck", LifecycleState.Stopping);
        _clock.Advance(Supervisor.DefaultGrace);
        var outcome = await run;
        Assert.Equal("did not end in time: inner/stuck", outcome.ToString());
        never.SetResult();
    }

    [Theory]
    [InlineData(60)]
    [InlineData(365)]
    public async Task A_grace_may_be_longer_than_the_systems_timers_take(int days)
    {
        var grace = TimeSpan.FromDays(days);
        var hang = new TaskCompletionSource();
        var supervisor = Make().Add(new ChildSpec("a", () => new Stuck(hang.Task)) { Grace = grace }).Add(Process("b"));
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        var stopping = supervisor.Handle.ShutdownAsync();
        // Who comes after it in the order is ended all the same: nothing is stuck.
        await UntilAsync(events, "b", LifecycleState.Ended);
        _clock.Advance(grace - TimeSpan.FromTicks(1));
        Assert.False(run.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(["a"], (await run).Abandoned, StringComparer.Ordinal);
        await stopping;
        hang.SetResult();
    }

    [Fact]
    public async Task A_clock_that_throws_holds_up_nobody_else()
    {
        var clock = new RefusingClock();
        var supervisor = new Supervisor("root", _processes.Executor, new SupervisorOptions { TimeProvider = clock }, random: () => 0)
            .Add(Process("a"))
            .Add(Process("b"));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        clock.Refuses = true;
        // Whoever begins the effects is told of it: the caller as a rule.
        _ = await Record.ExceptionAsync(supervisor.Handle.ShutdownAsync);
        var outcome = await run;
        Assert.True(outcome.IsSuccess, outcome.ToString());
        Assert.Equal((2, 0), (clock.Refused, _processes.Alive));
    }

    [Fact]
    public async Task It_can_be_run_again_after_its_end()
    {
        var supervisor = Make().Add(Process("a"));
        for (var i = 1; i <= 2; i++)
        {
            var run = supervisor.RunToEndAsync(Test);
            await supervisor.Up;
            Assert.Equal((i, 1), (_processes.Started.Count, _processes.Alive));
            await StopAsync(supervisor, run);
        }
    }

    [Fact]
    public async Task Children_come_and_go_while_it_runs()
    {
        var supervisor = Make();
        var run = supervisor.RunToEndAsync(Test);
        using var events = supervisor.Events.Subscribe();
        supervisor.Add(Process("late"));
        await UntilAsync(events, "late", LifecycleState.Running);
        Assert.Throws<InvalidOperationException>(() => supervisor.Add(Process("late")));
        Assert.True(await supervisor.RemoveAsync("late"));
        Assert.False(await supervisor.RemoveAsync("late"));
        Assert.Equal((0, 0), (_processes.Alive, supervisor.Children.Count));
        await StopAsync(supervisor, run);
    }

    [Fact]
    public async Task Children_come_and_go_between_two_runs()
    {
        var supervisor = Make().Add(Process("a"));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        await StopAsync(supervisor, run);

        supervisor.Add(Process("b")).Add(Process("c"));
        Assert.Throws<InvalidOperationException>(() => supervisor.Add(Process("a")));
        Assert.Throws<InvalidOperationException>(() => supervisor.Add(Process("b")));
        Assert.True(await supervisor.RemoveAsync("a"));
        Assert.True(await supervisor.RemoveAsync("c"));
        Assert.False(await supervisor.RemoveAsync("c"));
        run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        Assert.Equal("b", Assert.Single(supervisor.Children).Name);
        await StopAsync(supervisor, run);
    }

    [Fact]
    public async Task Messages_reach_the_children_and_a_shutdown_before_the_run_is_kept()
    {
        var service = new Stuck(Task.CompletedTask);
        var supervisor = Make().Add(new ChildSpec("a", () => service));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        await supervisor.Handle.ReloadAsync();
        await StopAsync(supervisor, run);
        Assert.Equal([RuntimeControlMessage.Reload, RuntimeControlMessage.Shutdown], service.Heard);

        var other = Make().Add(Process("b"));
        await other.Handle.ShutdownAsync();
        Assert.True((await other.RunToEndAsync(Test)).IsSuccess);
        Assert.Empty(_processes.Started);

        // And it can be taken back; children come all the same meanwhile.
        var third = Make().Add(Process("c"));
        await third.Handle.ShutdownAsync();
        third.Add(Process("d"));
        third.Handle.Reset();
        run = third.RunToEndAsync(Test);
        await third.Up;
        Assert.Equal(2, _processes.Alive);
        await StopAsync(third, run);
    }

    [Fact]
    public void Who_names_no_processes_costs_nothing()
    {
        IChild child = new Stuck(Task.CompletedTask);
        var named = child.ChildProcesses.Count;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            named += child.ChildProcesses.Count;
        }

        Assert.Equal(0, named);

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000 * 8, "It allocates.");
    }

    private Supervisor Make(string name = "root", int maxRestarts = 5, RestartStrategy strategy = RestartStrategy.OneForOne) =>
        new(
            name,
            _processes.Executor,
            new SupervisorOptions
            {
                TimeProvider = _clock,
                MaxRestarts = maxRestarts,
                Strategy = strategy,
            },
            random: () => 0
        );

    private ChildSpec Process(string name) => ChildSpec.Process(name, _processes.Executor, Program);

    private static async Task StopAsync(Supervisor supervisor, Task<SupervisorOutcome> run)
    {
        await supervisor.Handle.ShutdownAsync();
        var outcome = await run;
        Assert.True(outcome.IsSuccess, outcome.ToString());
    }

    private static async Task<SupervisorEvent.Changed> UntilAsync(Subscription<SupervisorEvent> events, string path, LifecycleState state)
    {
        while (true)
        {
            var changed = await NextAsync<SupervisorEvent.Changed>(events);
            if (changed.To == state && string.Equals(changed.Path, path, StringComparison.Ordinal))
            {
                return changed;
            }
        }
    }

    private static async Task<T> NextAsync<T>(Subscription<SupervisorEvent> events)
        where T : SupervisorEvent
    {
        while (true)
        {
            if ((await events.NextAsync(Test))!.Value.Event is T told)
            {
                return told;
            }
        }
    }

    /// <summary>Sets no timer any more when it is told so.</summary>
    private sealed class RefusingClock : TimeProvider
    {
        private int _refused;

        public bool Refuses { get; set; }

        public int Refused => _refused;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (Refuses)
            {
                Interlocked.Increment(ref _refused);
                throw new InvalidOperationException("no timer");
            }

            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    /// <summary>Ends after a shutdown, when something else allows it.</summary>
    private sealed class Stuck(Task allowed) : IChild
    {
        private readonly RuntimeGuard _guard = new();

        public List<RuntimeControlMessage> Heard { get; } = [];

        public IProcessControlHandler Handle => _guard;

        public async Task RunAsync(CancellationToken abandoned)
        {
            using var ticker = _guard.CreateTicker();
            do
            {
                Heard.Add(await ticker.NextAsync(CancellationToken.None));
            } while (Heard[^1] != RuntimeControlMessage.Shutdown);

            await allowed;
        }
    }
}
