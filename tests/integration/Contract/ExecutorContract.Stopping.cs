using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Testing;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    private Task<SpawnProcessResult> StartTreeAsync() => StartAsync(A.Tree());

    private Task<SpawnProcessResult> DetachAsync(OslHost host) =>
        host.ExecuteAsync(
                A.Wait()
                    .Spawn()
                    .WithLifetime(ProcessLifetime.Detached)
                    .WithStandardOutput(StandardOutputConfig.Null)
                    .WithStandardError(StandardOutputConfig.Null),
                Me,
                Test
            )
            .OrThrow()
            .AsTask();

    [Fact]
    public async Task A_signal_reaches_every_member_of_a_group()
    {
        var tree = await StartTreeAsync();

        var signalled = await Osl.ExecuteAsync(ProcessSignalOperation.ForGroup(tree.Group!, Signal.Kill), Me, Test).OrThrow();

        Assert.True(signalled.ProcessesAffected >= 8, $"{signalled.ProcessesAffected} affected");
        A.AssertEndedBy(Signal.Kill, (await tree.Live.Exited).Status);
        // The leader's end says nothing of the others': this waits for them, or finds nobody.
        var rest = await Osl.ExecuteAsync(new KillProcessGroupOperation(tree.Group!), Me, Test);
        Assert.True(rest.IsT0 || rest.AsT1 is NotFound, rest.ToString());
        Assert.IsType<NotFound>(await FailAsync(new KillProcessGroupOperation(tree.Group!)));
    }

    [Fact]
    public async Task Ending_a_group_ends_all_of_it_and_confirms_it()
    {
        var tree = await StartTreeAsync();

        var stopped = await Osl.ExecuteAsync(new KillProcessGroupOperation(tree.Group!).WithGracePeriod(TimeSpan.FromSeconds(30)), Me, Test)
            .OrThrow();

        Assert.True(stopped.ProcessesAffected >= 8);
        Assert.True(stopped.Ended >= stopped.ProcessesAffected);
        Assert.Equal(0, stopped.Forced);
        Assert.Equal(tree.Metadata["pgid"], stopped.Metadata["target_pgid"]);
        Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(tree.Group!)));
    }

    [Fact]
    public async Task Who_ignores_the_first_signal_is_killed_after_the_grace_period()
    {
        var started = await StartAsync(A.Stubborn());

        var stopped = await Osl.ExecuteAsync(
                new KillProcessGroupOperation(started.Group!).WithGracePeriod(TimeSpan.FromMilliseconds(200)),
                Me,
                Test
            )
            .OrThrow();

        Assert.True(stopped.Forced >= 1);
        A.AssertEndedBy(Signal.Kill, (await started.Live.Exited).Status);
    }

    [Fact]
    public async Task A_stopped_process_can_be_ended_gracefully()
    {
        var started = await StartAsync(A.Polite(7), spawn => spawn.WithStandardInput(StandardInputKind.Pipe));
        await Osl.ExecuteAsync(new ProcessSignalOperation(started.Process, Signal.Stop), Me, Test).OrThrow();

        await Osl.ExecuteAsync(new KillProcessOperation(started.Process).WithGracePeriod(TimeSpan.FromSeconds(30)), Me, Test).OrThrow();

        Assert.Equal(7, (await started.Live.Exited).Status!.ExitCode);
    }

    [Fact]
    public async Task Ending_one_process_leaves_its_group_alone()
    {
        var leader = await StartAsync(A.Parent(1));

        var stopped = await Osl.ExecuteAsync(new KillProcessOperation(leader.Process), Me, Test).OrThrow();

        Assert.Equal((1, 1), (stopped.ProcessesAffected, stopped.Ended));
        var group = await Osl.ExecuteAsync(new QueryProcessGroupOperation(leader.Group!), Me, Test).OrThrow();
        Assert.Equal(1, group.Members.Count(member => member.IsAlive));
    }

    [Fact]
    public async Task A_group_whose_leader_is_gone_is_still_ended_as_a_whole()
    {
        var leader = await StartAsync(A.DeadParent(2));
        await leader.Live.Exited.WaitAsync(Test);

        var stopped = await Osl.ExecuteAsync(new KillProcessGroupOperation(leader.Group!), Me, Test).OrThrow();

        Assert.Equal(2, stopped.Ended);
        Assert.IsType<NotFound>(await FailAsync(new KillProcessGroupOperation(leader.Group!)));
    }

    [Fact]
    public async Task Numbers_are_resolved_by_the_registry()
    {
        var started = await StartAsync(A.Wait());

        var state = await Osl.ExecuteAsync(new QueryProcessOperation(started.Pid), Me, Test).OrThrow();
        Assert.Equal(started.Process, state.State.Process);
        var stopped = await Osl.ExecuteAsync(new KillProcessGroupOperation(started.Pgid), Me, Test).OrThrow();
        Assert.True(stopped.Ended >= 1);
    }

    [Fact]
    public async Task Another_host_of_this_user_ends_the_group_too()
    {
        var started = await StartAsync(A.Parent(1));
        await using var other = CreateHost(_ => { });

        Assert.Contains(other.Registry.Live(), entry => entry.Operation == started.OperationId && entry.Pgid == started.Pgid);
        var stopped = await other.ExecuteAsync(new KillProcessGroupOperation(started.Pgid), Me, Test).OrThrow();

        Assert.Equal(2, stopped.Ended);
        A.AssertEndedBy(Signal.Kill, (await started.Live.Exited).Status);
    }

    [Fact]
    public async Task Another_host_ends_a_group_whose_leader_is_gone_by_its_marker()
    {
        var started = await StartAsync(A.DeadParent(2));
        await started.Live.Exited.WaitAsync(Test);
        await using var other = CreateHost(_ => { });

        var stopped = await other.ExecuteAsync(new KillProcessGroupOperation(started.Pgid), Me, Test).OrThrow();

        Assert.Equal(2, stopped.Ended);
    }

    [Fact]
    public async Task The_live_view_stops_through_the_pipeline()
    {
        var started = await StartAsync(A.Parent(1));

        var stopped = await started.Live.StopAsync(StopSequence.Graceful(TimeSpan.FromSeconds(30)), Test).OrThrow();

        Assert.NotEqual(started.OperationId, stopped.OperationId);
        var intent = Assert.Single(Journal(), record => record.Operation == stopped.OperationId && record.Outcome is null);
        Assert.Equal(started.OperationId, intent.Parent);
    }

    [Fact]
    public async Task Disposing_the_host_ends_what_is_managed_and_nothing_that_is_detached()
    {
        var host = CreateHost(_ => { });
        var managed = await StartAsync(A.Parent(1), host: host);
        var detached = await DetachAsync(host);

        await host.DisposeAsync();

        Assert.False(IsAlive(managed.Process));
        Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(managed.Group!)));
        Assert.True(IsAlive(detached.Process));
        Assert.Contains(Osl.Registry.Live(), entry => entry.Operation == detached.OperationId);
        await Osl.ExecuteAsync(new KillProcessGroupOperation(detached.Group!), Me, Test).OrThrow();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await host.ExecuteAsync(A.Nothing.Run(), Me, Test));
    }

    [Fact]
    public async Task A_detached_program_leads_a_session()
    {
        Needs(Feature.Sessions);
        var detached = await DetachAsync(Osl);

        Assert.Equal(detached.Pid, Osl.Processes.Read(detached.Process)!.Session);
        await Osl.ExecuteAsync(new KillProcessGroupOperation(detached.Group!), Me, Test).OrThrow();
    }

    [Fact]
    public async Task Who_joined_a_group_is_ended_alone_by_its_view_and_its_time_limit()
    {
        var leader = await StartAsync(A.Wait());
        var stopped = await StartAsync(A.Wait(), spawn => spawn.WithProcessGroup(leader.Group!));
        var limited = await StartAsync(A.Wait(), spawn => spawn.WithProcessGroup(leader.Group!).WithTimeLimit(A.Moment));

        await stopped.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();

        Assert.True((await limited.Live.Exited.WaitAsync(Test)).TimeLimitReached);
        Assert.False(IsAlive(stopped.Process));
        Assert.True(IsAlive(leader.Process));
    }

    [Fact]
    public async Task A_time_limit_ends_even_who_ignores_the_whole_stop_sequence()
    {
        var term = new StopSequence { Steps = [new StopStep(Signal.Terminate, TimeSpan.FromMilliseconds(100))] };
        var started = await StartAsync(A.Stubborn(), spawn => spawn.WithTimeLimit(A.Moment).WithStopSequence(term));

        A.AssertEndedBy(Signal.Kill, (await started.Live.Exited.WaitAsync(Test)).Status);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(365)]
    public async Task A_time_limit_may_be_longer_than_the_systems_timers_take(int days)
    {
        var limit = TimeSpan.FromDays(days);
        var clock = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = CreateHost(options => options.UseTimeProvider(clock));
        var started = await StartAsync(A.Wait(), spawn => spawn.WithTimeLimit(limit), host: host);

        clock.Advance(limit - TimeSpan.FromTicks(1));
        Assert.True(IsAlive(started.Process));
        clock.Advance(TimeSpan.FromTicks(1));

        Assert.True((await started.Live.Exited.WaitAsync(Test)).TimeLimitReached);
    }

    [Fact]
    public async Task Disposing_one_host_leaves_what_another_has_started_alone()
    {
        var host = CreateHost(_ => { });
        var theirs = await StartAsync(A.DeadParent(1), host: host);
        await theirs.Live.Exited.WaitAsync(Test);
        var ours = await StartAsync(A.DeadParent(1));
        await ours.Live.Exited.WaitAsync(Test);

        await host.DisposeAsync();

        Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(theirs.Group!)));
        var group = await Osl.ExecuteAsync(new QueryProcessGroupOperation(ours.Group!), Me, Test).OrThrow();
        Assert.Equal(1, group.Members.Count(member => member.IsAlive));
    }

    [Fact]
    public async Task What_is_launched_while_the_host_is_disposed_is_ended_with_it()
    {
        for (var i = 0; i < A.Rounds(100); i++)
        {
            var host = CreateHost(_ => { });
            var runs = Enumerable
                .Range(0, 4)
                .Select(_ => Task.Run(async () => await host.ExecuteAsync(A.Wait().Run(), Me, Test), Test))
                .ToArray();
            for (var spin = 0; spin < i * 20; spin++)
            {
                await Task.Yield();
            }

            // Ends, and ends the runs: none sleeps its ten minutes.
            await host.DisposeAsync();
            foreach (var run in runs)
            {
                try
                {
                    var outcome = await run;
                    Assert.True(outcome.IsT1 || outcome.AsT0.ExitStatus != new ExitStatus(A.WaitedOut), outcome.ToString());
                }
                catch (ObjectDisposedException)
                {
                    Assert.True(run.IsFaulted);
                }
            }
        }
    }

    [Fact]
    public async Task Disposing_a_live_view_ends_nothing()
    {
        var started = await StartAsync(A.Wait());

        await started.Live.DisposeAsync();

        Assert.True(IsAlive(started.Process));
    }
}
