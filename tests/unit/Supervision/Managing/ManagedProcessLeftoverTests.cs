using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Managing;

/// <summary>A process that has ended and has left somebody in its group, and commands that come at just that moment.</summary>
public sealed class ManagedProcessLeftoverTests : ProcessManagerTest
{
    private const int Races = 300;

    [Fact]
    public async Task A_kill_reaches_who_is_left_while_they_are_asked_to_end()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        var isAsked = new TaskCompletionSource();
        var isKilled = new TaskCompletionSource();
        System.OnGroupKill = kill =>
        {
            if (kill.StopSequence == StopSequence.Immediate)
            {
                isKilled.SetResult();
                return Task.CompletedTask;
            }

            isAsked.SetResult();
            return isKilled.Task;
        };
        System.Last.HasLeftovers = true;
        System.Last.Exit(0);
        await isAsked.Task.WaitAsync(Cancelled);
        // A stop that does what is done already waits for it; one that only asks does not.
        var stop = process.StopAndWaitAsync(cancellationToken: Cancelled).AsTask();
        Assert.Null(await process.StopAsync(cancellationToken: Cancelled));
        Assert.False(stop.IsCompleted);
        Assert.Null(await process.KillAsync(cancellationToken: Cancelled));
        Assert.Null(await stop);
        Assert.Equal(2, System.Executor.CallsOf<KillProcessGroupOperation>().Count);
        Assert.Empty(System.Executor.CallsOf<ProcessSignalOperation>());
        Assert.Equal(LifecycleState.Ended, process.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stop_signals_nobody_twice_when_the_leader_is_the_first_to_end(bool restarts)
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        using var notices = process.Subscribe();
        await process.StartAsync(cancellationToken: Cancelled);
        System.OnGroupKill = async _ =>
        {
            System.OnGroupKill = _ => Task.CompletedTask;
            System.Last.HasLeftovers = true;
            System.Last.Exit(0);
            // The session knows of its end, and goes on to who is left.
            while (await notices.NextAsync(Cancelled) is { Event.Status: not ProcessStatus.Terminated })
            {
                // Its start.
            }
        };
        if (restarts)
        {
            Assert.True((await process.RestartAsync(cancellationToken: Cancelled)).IsT0);
        }
        else
        {
            Assert.Null(await process.StopAndWaitAsync(cancellationToken: Cancelled));
        }

        Assert.Single(System.Executor.CallsOf<KillProcessGroupOperation>());
        Assert.Equal((restarts ? 2 : 1, 1), (System.All.Count, System.MostAtOnce));
    }

    [Fact]
    public async Task Nothing_is_started_beside_who_could_not_be_ended_until_they_are()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        System.EndFails = () => new Denied("rule", "because", "ask");
        System.Last.HasLeftovers = true;
        System.Last.Exit(1);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal("process_left", (await process.StartAsync(cancellationToken: Cancelled)).AsT1.Code);
        Assert.IsType<Denied>((await process.RestartAsync(cancellationToken: Cancelled)).AsT1);
        Assert.IsType<Denied>(await process.StopAndWaitAsync(cancellationToken: Cancelled));
        Assert.Single(System.All);

        System.EndFails = () => null;
        Assert.True((await process.RestartAsync(cancellationToken: Cancelled)).IsT0);
        Assert.Equal((2, 1), (System.All.Count, System.MostAtOnce));
    }

    [Fact]
    public async Task Who_was_ended_at_the_second_attempt_is_not_left_though_no_word_of_it_comes()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        System.Last.HasLeftovers = true;
        System.EndFails = () => new Denied("rule", "because", "ask");
        System.Last.Exit(1);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal(("denied", true), (process.LastError?.Code, process.MayBeAlive));
        // Confirmed by a look at the group; that it has ended is told later.
        System.Executor.Enqueue<KillProcessGroupOperation, StopResult>(new StopResult(System.Last.Process.Pid, IsGroup: true, 1, 1, 0));
        Assert.Null(await process.StopAndWaitAsync(cancellationToken: Cancelled));
        Assert.True(System.Last.IsGroupAlive);
        Assert.Equal((null, false), (process.LastError, process.MayBeAlive));
        Assert.True((await process.StartAsync(cancellationToken: Cancelled)).IsT0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_taken_up_and_has_left_somebody_is_started_again_once_they_were_ended(bool isGone)
    {
        var spawn = new SpawnProcessOperation("daemon").WithNewProcessGroup();
        var before = (await System.Executor.ExecuteAsync(spawn, OperationContext.Current, Cancelled)).OrThrow();
        var attached = new FakeProcess(before.Process);
        System.Executor.Answer<AttachProcessOperation, AttachProcessResult>(
            (_, _) => new AttachProcessResult(before.Process, before.Pgid) { Live = attached }
        );
        var template = new ProcessOptions { Detach = true }.ToTemplate("daemon", "daemon");
        var process = (await Manager.TakeUpAsync(template, before.Process, before.Group, Cancelled)).OrThrow();
        var last = System.Last;
        last.HasLeftovers = true;
        System.EndFails = () => new Denied("rule", "because", "ask");
        last.Exit(1);
        attached.Exit(1);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal("process_left", (await process.StartAsync(cancellationToken: Cancelled)).AsT1.Code);

        System.EndFails = () => null;
        last.HasLeftovers = !isGone;
        Assert.Null(await process.StopAndWaitAsync(cancellationToken: Cancelled));
        Assert.True((await process.StartAsync(cancellationToken: Cancelled)).IsT0);
        Assert.Equal(1, System.MostAtOnce);
    }

    [Fact]
    public async Task A_kill_that_has_worked_waits_for_no_stop_that_waits_for_an_approval()
    {
        var process = Make();
        using var notices = process.Subscribe();
        await process.StartAsync(cancellationToken: Cancelled);
        var answer = new TaskCompletionSource();
        System.OnGroupKill = async kill =>
        {
            if (kill.StopSequence != StopSequence.Immediate)
            {
                await answer.Task;
                return;
            }

            // The end of the leader is seen while another is still dying.
            System.Last.HasLeftovers = true;
            System.Last.Exit(0);
            while (await notices.NextAsync(Cancelled) is { Event.Status: not ProcessStatus.Terminated })
            {
                // Its start.
            }
        };
        var stop = process.StopAndWaitAsync(cancellationToken: Cancelled).AsTask();
        await Until.TrueAsync(() => System.Executor.CallsOf<KillProcessGroupOperation>().Count == 1);
        // The clock stands still: it is the kill that ends it.
        Assert.Null(await process.KillAsync(cancellationToken: Cancelled).AsTask().WaitAsync(Bound, Cancelled));
        Assert.Equal(LifecycleState.Ended, process.State);
        answer.SetResult();
        Assert.Null(await stop);
        Assert.Equal(2, System.Executor.CallsOf<KillProcessGroupOperation>().Count);
    }

    [Fact]
    public async Task Where_nobody_is_left_a_stop_that_waits_for_an_approval_is_soon_waited_for_no_longer()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        var answer = new TaskCompletionSource();
        System.OnGroupKill = _ => answer.Task;
        var stop = process.StopAndWaitAsync(cancellationToken: Cancelled).AsTask();
        await Until.TrueAsync(() => System.Executor.CallsOf<KillProcessGroupOperation>().Count == 1);
        System.Last.Exit(0);
        await Until.TrueAsync(() => Clock.WaitingTimers > 0);
        Clock.Advance(TimeSpan.FromSeconds(2));
        await process.WaitForEndAsync(Cancelled).WaitAsync(Bound, Cancelled);
        answer.SetResult();
        Assert.Null(await stop);
        Assert.Single(System.Executor.CallsOf<KillProcessGroupOperation>());
    }

    [Fact]
    public async Task A_stop_of_which_nobody_knows_what_came_is_told_and_waits_for_nothing()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        await process.StartAsync(cancellationToken: Cancelled);
        System.EndFails = () => new OperationFailed("look_failed", "Nobody could look.", "Look.") { Effect = OperationEffect.Happened };
        Assert.Equal("look_failed", (await process.StopAndWaitAsync(cancellationToken: Cancelled))?.Code);
        Assert.Equal("look_failed", (await process.RestartAsync(cancellationToken: Cancelled)).AsT1.Code);
        Assert.Equal(LifecycleState.Abandoned, process.State);
        System.Last.Exit(0);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal((LifecycleState.Ended, 1), (process.State, System.All.Count));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_the_end_of_its_manager_it_is_known_whether_it_may_be_alive(bool isRefused)
    {
        var process = Make();
        Assert.False(process.MayBeAlive);
        await process.StartAsync(cancellationToken: Cancelled);
        Assert.True(process.MayBeAlive);
        System.EndFails = () => isRefused ? new Denied("rule", "because", "allow it") : null;
        await Manager.DisposeAsync();
        Assert.Equal(isRefused, process.MayBeAlive);
    }

    [Fact]
    public async Task A_stop_that_comes_after_a_start_is_the_last_word()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        for (var i = 0; i < Races; i++)
        {
            await process.StartAsync(cancellationToken: Cancelled);
            System.Last.Exit(1);
            var start = process.StartAsync(cancellationToken: Cancelled).AsTask();
            Assert.Null(await process.StopAndWaitAsync(cancellationToken: Cancelled));
            var outcome = await start;
            Assert.True(outcome.IsT0 || outcome.AsT1 is OperationFailed { HandlerCode: "process_stopped" }, outcome.ToString());
            Assert.False(process.IsAlive, $"race {i}");
        }
    }

    [Fact]
    public async Task A_start_never_answers_with_who_has_ended()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        for (var i = 0; i < Races; i++)
        {
            var last = (await process.StartAsync(cancellationToken: Cancelled)).AsT0;
            System.Last.Exit(1);
            Assert.NotEqual(last, (await process.StartAsync(cancellationToken: Cancelled)).AsT0);
            Assert.Null(await process.KillAsync(cancellationToken: Cancelled));
        }
    }
}
