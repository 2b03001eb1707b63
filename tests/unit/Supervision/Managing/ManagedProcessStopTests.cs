using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Managing;

/// <summary>How a managed process is stopped, and restarted, while all else happens.</summary>
public sealed class ManagedProcessStopTests : ProcessManagerTest
{
    [Fact]
    public async Task A_stop_ends_the_wait_for_a_restart()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        using var notices = process.Subscribe();
        await process.StartAsync(cancellationToken: Cancelled);
        System.Last.Exit(1);
        await UntilAsync(notices, LifecycleState.Waiting);
        Assert.Null(await process.StopAsync(cancellationToken: Cancelled));
        Assert.Equal(LifecycleState.Ended, process.State);
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Single(System.All);
    }

    [Fact]
    public async Task A_stop_only_asks_and_a_kill_overtakes_it()
    {
        System.MindsTerminate = false;
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        await process.StartAsync(cancellationToken: Cancelled);
        Assert.Null(await process.StopAsync(cancellationToken: Cancelled));
        Assert.Equal((LifecycleState.Stopping, true), (process.State, process.IsAlive));
        Assert.Equal("process_stopping", (await process.StartAsync(cancellationToken: Cancelled)).AsT1.Code);
        Assert.Null(await process.KillAsync(cancellationToken: Cancelled));
        Assert.Equal((LifecycleState.Ended, false), (process.State, process.IsAlive));
        Assert.Single(System.All);
        // To its group: whoever it has started is asked too.
        Assert.True(Assert.Single(System.Executor.CallsOf<ProcessSignalOperation>()).TargetGroup);
    }

    [Fact]
    public async Task A_stop_that_is_refused_changes_nothing()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        using var notices = process.Subscribe();
        await process.StartAsync(cancellationToken: Cancelled);
        System.EndFails = () => new Denied("rule", "because", "ask");
        Assert.Equal("denied", (await process.StopAndWaitAsync(cancellationToken: Cancelled))?.Code);
        Assert.Equal(LifecycleState.Running, process.State);
        // An end that nobody was allowed to ask for is none that was asked for.
        System.EndFails = () => null;
        System.Last.Exit(1);
        await UntilAsync(notices, LifecycleState.Waiting);
    }

    [Fact]
    public async Task Who_survives_a_stop_is_abandoned_not_started_beside_and_may_end_after_all()
    {
        System.MindsTerminate = false;
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        await process.StartAsync(cancellationToken: Cancelled);
        var sequence = new StopSequence { Steps = [new StopStep(Signal.Terminate, TimeSpan.FromSeconds(1))] };
        Assert.IsType<StopFailed>(await process.StopAndWaitAsync(sequence, cancellationToken: Cancelled));
        Assert.Equal(LifecycleState.Abandoned, process.State);
        Assert.Equal("process_abandoned", (await process.StartAsync(cancellationToken: Cancelled)).AsT1.Code);
        System.Last.Exit(0);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal(LifecycleState.Ended, process.State);
        Assert.True((await process.StartAsync(cancellationToken: Cancelled)).IsT0);
    }

    [Fact]
    public async Task A_restart_ends_it_and_starts_it_and_starts_what_does_not_run()
    {
        var process = Make();
        var first = (await process.RestartAsync(cancellationToken: Cancelled)).AsT0;
        var second = (await process.RestartAsync(cancellationToken: Cancelled)).AsT0;
        Assert.NotEqual(first, second);
        Assert.Equal((2, 1), (System.All.Count, System.MostAtOnce));
    }

    [Fact]
    public async Task Many_restarts_at_once_are_one()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        var gate = new TaskCompletionSource();
        System.Executor.AnswerAsync<KillProcessGroupOperation, StopResult>(
            async (kill, _, _) =>
            {
                await gate.Task;
                System.Last.Exit(0);
                return new StopResult(kill.Target.Pgid, IsGroup: true, 1, 1, 0);
            }
        );
        var restarts = Enumerable.Range(0, 5).Select(_ => process.RestartAsync(cancellationToken: Cancelled).AsTask()).ToArray();
        gate.SetResult();
        Assert.Single((await Task.WhenAll(restarts)).Select(restart => restart.AsT0).Distinct());
        Assert.Equal(2, System.All.Count);
    }

    [Fact]
    public async Task A_stop_during_a_restart_holds()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        System.Executor.AnswerAsync<KillProcessGroupOperation, StopResult>(
            async (kill, _, _) =>
            {
                asked.TrySetResult();
                await gate.Task;
                System.Last.Exit(0);
                return new StopResult(kill.Target.Pgid, IsGroup: true, 1, 1, 0);
            }
        );
        var restart = process.RestartAsync(cancellationToken: Cancelled);
        await asked.Task;
        var stop = process.StopAndWaitAsync(cancellationToken: Cancelled);
        gate.SetResult();
        Assert.Null(await stop);
        Assert.Equal("process_stopped", (await restart).AsT1.Code);
        Assert.Single(System.All);
    }

    [Fact]
    public async Task A_stop_takes_back_a_start_that_waits_for_an_approval()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        System.Executor.AnswerAsync<SpawnProcessOperation, SpawnProcessResult>(
            async (_, _, cancelled) =>
            {
                asked.TrySetResult();
                return await Until.CancelledAsync<SpawnProcessResult>(cancelled);
            }
        );
        var process = Make();
        var start = process.StartAsync(cancellationToken: Cancelled).AsTask();
        await asked.Task;
        Assert.Null(await process.StopAndWaitAsync(cancellationToken: Cancelled));
        Assert.Equal((LifecycleState.Ended, "process_stopped"), (process.State, (await start).AsT1.Code));

        // The end of the manager does not wait for an approval either.
        var again = process.StartAsync(cancellationToken: Cancelled).AsTask();
        await Manager.DisposeAsync();
        Assert.True((await again).IsT1);
    }
}
