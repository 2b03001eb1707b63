using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    /// <summary>Three levels: the leader, two below it, two below each of those; says ready when all are there.</summary>
    private const string Tree = """
        node() { if [ "$1" -gt 0 ]; then node $(($1 - 1)) & node $(($1 - 1)) & fi; echo up; wait; read forever < /dev/null; sleep 600; }
        mkfifo "$0"; { node 2 > "$0" & }; n=0; while [ $n -lt 7 ] && read up; do n=$((n + 1)); done < "$0"; echo ready; wait
        """;

    private Task<SpawnProcessResult> StartTreeAsync() =>
        StartAsync("", spawn => spawn with { Arguments = ["-c", Tree, Path.Combine(Scratch, "tree")] });

    [Fact]
    public async Task A_signal_reaches_every_member_of_a_group()
    {
        var tree = await StartTreeAsync();

        var signalled = await Osl.ExecuteAsync(ProcessSignalOperation.ForGroup(tree.Group!, Signal.Kill), Me, Test).OrThrow();

        Assert.True(signalled.ProcessesAffected >= 8, $"{signalled.ProcessesAffected} affected");
        Assert.Equal(Signal.Kill, (await tree.Live.Exited).Status!.Signal);
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
        var started = await StartAsync("trap '' TERM; echo ready; while :; do sleep 600; done");

        var stopped = await Osl.ExecuteAsync(
                new KillProcessGroupOperation(started.Group!).WithGracePeriod(TimeSpan.FromMilliseconds(200)),
                Me,
                Test
            )
            .OrThrow();

        Assert.True(stopped.Forced >= 1);
        Assert.Equal(Signal.Kill, (await started.Live.Exited).Status!.Signal);
    }

    [Fact]
    public async Task A_stopped_process_can_be_ended_gracefully()
    {
        var started = await StartAsync(
            "trap 'exit 7' TERM; echo ready; while :; do read -r line || exit 1; done",
            spawn => spawn.WithStandardInput(StandardInputKind.Pipe)
        );
        await Osl.ExecuteAsync(new ProcessSignalOperation(started.Process, Signal.Stop), Me, Test).OrThrow();

        await Osl.ExecuteAsync(new KillProcessOperation(started.Process).WithGracePeriod(TimeSpan.FromSeconds(30)), Me, Test).OrThrow();

        Assert.Equal(7, (await started.Live.Exited).Status!.ExitCode);
    }

    [Fact]
    public async Task Ending_one_process_leaves_its_group_alone()
    {
        var leader = await StartAsync("sleep 600 & echo ready; wait");

        var stopped = await Osl.ExecuteAsync(new KillProcessOperation(leader.Process), Me, Test).OrThrow();

        Assert.Equal((1, 1), (stopped.ProcessesAffected, stopped.Ended));
        var group = await Osl.ExecuteAsync(new QueryProcessGroupOperation(leader.Group!), Me, Test).OrThrow();
        Assert.Single(group.Members, member => member.IsAlive);
    }

    [Fact]
    public async Task A_group_whose_leader_is_gone_is_still_ended_as_a_whole()
    {
        var leader = await StartAsync("sleep 600 & sleep 600 & echo ready");
        await leader.Live.Exited.WaitAsync(Test);

        var stopped = await Osl.ExecuteAsync(new KillProcessGroupOperation(leader.Group!), Me, Test).OrThrow();

        Assert.Equal(2, stopped.Ended);
        Assert.IsType<NotFound>(await FailAsync(new KillProcessGroupOperation(leader.Group!)));
    }

    [Fact]
    public async Task Numbers_are_resolved_by_the_registry()
    {
        var started = await StartAsync("echo ready; sleep 600");

        var state = await Osl.ExecuteAsync(new QueryProcessOperation(started.Pid), Me, Test).OrThrow();
        Assert.Equal(started.Process, state.State.Process);
        var stopped = await Osl.ExecuteAsync(new KillProcessGroupOperation(started.Pgid), Me, Test).OrThrow();
        Assert.True(stopped.Ended >= 1);
    }

    [Fact]
    public async Task Another_host_of_this_user_ends_the_group_too()
    {
        var started = await StartAsync("sleep 600 & echo ready; wait");
        await using var other = CreateHost(_ => { });

        Assert.Contains(other.Registry.Live(), entry => entry.Operation == started.OperationId && entry.Pgid == started.Pgid);
        var stopped = await other.ExecuteAsync(new KillProcessGroupOperation(started.Pgid), Me, Test).OrThrow();

        Assert.Equal(2, stopped.Ended);
        Assert.Equal(Signal.Kill, (await started.Live.Exited).Status!.Signal);
    }

    [Fact]
    public async Task Another_host_ends_a_group_whose_leader_is_gone_by_its_marker()
    {
        var started = await StartAsync("sleep 600 & sleep 600 & echo ready");
        await started.Live.Exited.WaitAsync(Test);
        await using var other = CreateHost(_ => { });

        var stopped = await other.ExecuteAsync(new KillProcessGroupOperation(started.Pgid), Me, Test).OrThrow();

        Assert.Equal(2, stopped.Ended);
    }

    [Fact]
    public async Task The_live_view_stops_through_the_pipeline()
    {
        var started = await StartAsync("sleep 600 & echo ready; wait");

        var stopped = await started.Live.StopAsync(StopSequence.Graceful(TimeSpan.FromSeconds(30)), Test).OrThrow();

        Assert.NotEqual(started.OperationId, stopped.OperationId);
        var intent = Assert.Single(Journal(), record => record.Operation == stopped.OperationId && record.Outcome is null);
        Assert.Equal(started.OperationId, intent.Parent);
    }

    [Fact]
    public async Task Disposing_the_host_ends_what_is_managed_and_nothing_that_is_detached()
    {
        var host = CreateHost(_ => { });
        var managed = await StartAsync("sleep 600 & echo ready; wait", host: host);
        var detached = await host.ExecuteAsync(
                new SpawnProcessOperation("/bin/sleep", ["600"])
                    .WithLifetime(ProcessLifetime.Detached)
                    .WithStandardOutput(StandardOutputConfig.Null)
                    .WithStandardError(StandardOutputConfig.Null),
                Me,
                Test
            )
            .OrThrow();

        await host.DisposeAsync();

        Assert.False(IsAlive(managed.Process));
        Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(managed.Group!)));
        Assert.True(IsAlive(detached.Process));
        Assert.Equal(detached.Pid, Osl.Processes.Read(detached.Process)!.Session);
        Assert.Contains(Osl.Registry.Live(), entry => entry.Operation == detached.OperationId);
        await Osl.ExecuteAsync(new KillProcessGroupOperation(detached.Group!), Me, Test).OrThrow();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await host.RunAsync("/bin/true", default, Test));
    }

    [Fact]
    public async Task Who_joined_a_group_is_ended_alone_by_its_view_and_its_time_limit()
    {
        var leader = await StartAsync("echo ready; sleep 600");
        var stopped = await StartAsync("echo ready; exec sleep 600", spawn => spawn.WithProcessGroup(leader.Group!));
        var limited = await StartAsync(
            "echo ready; exec sleep 600",
            spawn => spawn.WithProcessGroup(leader.Group!).WithTimeLimit(TimeSpan.FromMilliseconds(200))
        );

        await stopped.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();

        Assert.True((await limited.Live.Exited.WaitAsync(Test)).TimeLimitReached);
        Assert.False(IsAlive(stopped.Process));
        Assert.True(IsAlive(leader.Process));
    }

    [Fact]
    public async Task A_time_limit_ends_even_who_ignores_the_whole_stop_sequence()
    {
        var term = new StopSequence { Steps = [new StopStep(Signal.Terminate, TimeSpan.FromMilliseconds(100))] };
        var started = await StartAsync(
            "trap '' TERM; echo ready; while :; do sleep 600; done",
            spawn => spawn.WithTimeLimit(TimeSpan.FromMilliseconds(300)).WithStopSequence(term)
        );

        Assert.Equal(Signal.Kill, (await started.Live.Exited.WaitAsync(Test)).Status!.Signal);
    }

    [Fact]
    public async Task Disposing_one_host_leaves_what_another_has_started_alone()
    {
        var host = CreateHost(_ => { });
        var theirs = await StartAsync("sleep 600 & echo ready", host: host);
        await theirs.Live.Exited.WaitAsync(Test);
        var ours = await StartAsync("sleep 600 & echo ready");
        await ours.Live.Exited.WaitAsync(Test);

        await host.DisposeAsync();

        Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(theirs.Group!)));
        var group = await Osl.ExecuteAsync(new QueryProcessGroupOperation(ours.Group!), Me, Test).OrThrow();
        Assert.Single(group.Members, member => member.IsAlive);
    }

    [Fact]
    public async Task What_is_launched_while_the_host_is_disposed_is_ended_with_it()
    {
        for (var i = 0; i < 100; i++)
        {
            var host = CreateHost(_ => { });
            var runs = Enumerable
                .Range(0, 4)
                .Select(_ => Task.Run(async () => await host.RunAsync("/bin/sleep", ["600"], Test), Test))
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
                    Assert.True(outcome.IsT1 || !outcome.AsT0.ExitStatus.IsSuccess);
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
        var started = await StartAsync("echo ready; exec sleep 600");

        await started.Live.DisposeAsync();

        Assert.True(IsAlive(started.Process));
    }
}
