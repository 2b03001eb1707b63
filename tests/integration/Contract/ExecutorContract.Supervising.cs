using Osl.Hosting;
using Osl.Hosting.Managing;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Pools;
using Osl.Supervision.Trees;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    private static readonly RestartPolicy AtOnce = RestartPolicy.Always with { InitialDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero };

    private ChildSpec Supervised(string name, Child child, OslHost? host = null, OperationContext? context = null) =>
        ChildSpec.Process(name, host ?? Osl, Silent(child), context) with
        {
            Backoff = AtOnce,
        };

    private static SpawnProcessOperation Silent(Child child) =>
        child
            .Spawn()
            .WithStandardInput(StandardInputKind.Null)
            .WithStandardOutput(StandardOutputConfig.Null)
            .WithStandardError(StandardOutputConfig.Null)
            .WithStopSequence(StopSequence.Immediate);

    private static ProcessRef ProcessOf(Supervisor supervisor, int child) => supervisor.Children[child].Processes[0].Process;

    private static async Task UntilAsync(Subscription<SupervisorEvent> events, string path, LifecycleState state)
    {
        while ((await events.NextAsync(Test))!.Value.Event is var next)
        {
            if (
                next is SupervisorEvent.Changed changed
                && changed.To == state
                && string.Equals(changed.Path, path, StringComparison.Ordinal)
            )
            {
                return;
            }
        }
    }

    private static async Task<SupervisorOutcome> ShutDownAsync(Supervisor supervisor, Task<SupervisorOutcome> run)
    {
        await supervisor.Handle.ShutdownAsync();
        return await run;
    }

    private Task<StopResult> EndAsync(ProcessRef process) =>
        Osl.ExecuteAsync(new KillProcessOperation(process) { StopSequence = StopSequence.Immediate }, Me, Test).OrThrow().AsTask();

    [Fact]
    public async Task Of_supervised_programs_those_that_fail_are_started_again_and_no_others()
    {
        var supervisor = new Supervisor("root", Osl, new SupervisorOptions { MaxRestarts = 2 })
            .Add(Supervised("done", A.Exit(0)) with { Kind = ChildKind.Transient })
            .Add(Supervised("once", A.Exit(3)) with { Kind = ChildKind.Temporary })
            .Add(Supervised("failing", A.Exit(4)) with { Kind = ChildKind.Transient });

        var outcome = await supervisor.RunToEndAsync(Test);

        // Once too often: it is given up, with the reason, for the level above to deal with.
        Assert.Equal("failing", outcome.Failure!.Child);
        Assert.Equal([1, 1, 3], supervisor.Children.Select(child => child.Starts));
        Assert.Empty(outcome.Survivors);
    }

    [Theory]
    [InlineData(RestartStrategy.OneForOne, 0, 1, 0)]
    [InlineData(RestartStrategy.OneForAll, 1, 1, 1)]
    [InlineData(RestartStrategy.RestForOne, 0, 1, 1)]
    public async Task Who_is_started_again_with_a_supervised_program_is_the_strategys(RestartStrategy strategy, params int[] again)
    {
        var supervisor = new Supervisor("root", Osl, new SupervisorOptions { Strategy = strategy })
            .Add(Supervised("store", A.Wait()))
            .Add(Supervised("cache", A.Wait()))
            .Add(Supervised("web", A.Wait()));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        using var events = supervisor.Events.Subscribe();
        ProcessRef[] before = [.. Enumerable.Range(0, 3).Select(child => ProcessOf(supervisor, child))];

        await EndAsync(before[1]);
        await UntilAsync(events, again[2] == 1 ? "web" : "cache", LifecycleState.Running);

        Assert.Equal(again, Enumerable.Range(0, 3).Select(child => ProcessOf(supervisor, child) == before[child] ? 0 : 1));
        Assert.True((await ShutDownAsync(supervisor, run)).IsSuccess);
        Assert.Empty(Osl.Registry.Live());
    }

    [Fact]
    public async Task Whoever_a_supervised_program_leaves_behind_is_ended_and_told_of()
    {
        var supervisor = new Supervisor("root", Osl).Add(Supervised("parent", A.DeadParent(2)) with { Kind = ChildKind.Temporary });
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);

        while ((await events.NextAsync(Test))!.Value.Event is not SupervisorEvent.OrphansEnded { Path: "parent", Ended: > 0 })
        {
            // What comes before it.
        }

        Assert.True((await ShutDownAsync(supervisor, run)).IsSuccess);
        Assert.Empty(Osl.Registry.Live());
    }

    [Fact]
    public async Task A_tree_of_supervisors_ends_all_below_it()
    {
        var supervisor = new Supervisor("root", Osl)
            .Add(new ChildSpec("left", () => new Supervisor("left", Osl).Add(Supervised("a", A.Wait())).Add(Supervised("b", A.Stubborn()))))
            .Add(new ChildSpec("right", () => new Supervisor("right", Osl).Add(Supervised("c", A.Wait()))));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        var live = Osl.Registry.Live();
        Assert.Equal(3, live.Count);

        Assert.True((await ShutDownAsync(supervisor, run)).IsSuccess);

        Assert.All(live, entry => Assert.False(IsAlive(entry.Process)));
        Assert.Empty(Osl.Registry.Live());
    }

    [Fact]
    public async Task Restarts_and_ends_are_recorded_under_the_context_that_has_inserted_the_child()
    {
        var supervisor = new Supervisor("root", Osl).Add(
            Supervised("a", A.Wait(), context: new OperationContext(Principal.Current, "nightly"))
        );
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        await Osl.ExecuteAsync(
                new KillProcessOperation(ProcessOf(supervisor, 0)) { StopSequence = StopSequence.Immediate },
                new OperationContext(Principal.Current, "an accident"),
                Test
            )
            .OrThrow();
        await UntilAsync(events, "a", LifecycleState.Waiting);
        await UntilAsync(events, "a", LifecycleState.Running);
        Assert.True((await ShutDownAsync(supervisor, run)).IsSuccess);

        var intents = Journal().Where(record => record is { Type: AuditRecordType.Intent, Reason: not "an accident" }).ToList();

        Assert.Equal(
            ["spawn_process", "spawn_process", "kill_process_group"],
            intents.Select(intent => intent.OperationType),
            StringComparer.Ordinal
        );
        Assert.All(intents, intent => Assert.Equal("nightly", intent.Reason));
    }

    [Fact]
    public async Task One_owner_starts_all_processes_and_all_end_with_it()
    {
        var owner = new ProcessOwner("owner", Osl);
        var supervisor = new Supervisor("root", Osl).Add(new ChildSpec("owner", () => owner));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        var first = await owner.SpawnAsync("a", Silent(A.Wait()), Me, Test).OrThrow();
        var second = await owner.SpawnAsync("b", Silent(A.Stubborn()), Me, Test).OrThrow();

        Assert.Equal("name_taken", (await owner.SpawnAsync("a", Silent(A.Wait()), Me, Test)).AsT1.Code);
        Assert.Equal(["a", "b"], owner.Processes.Select(owned => owned.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.True((await ShutDownAsync(supervisor, run)).IsSuccess);

        Assert.False(IsAlive(first.Process));
        Assert.False(IsAlive(second.Process));
        Assert.Equal("owner_stopped", (await owner.SpawnAsync("c", Silent(A.Wait()), Me, Test)).AsT1.Code);
    }

    [Fact]
    public async Task A_pool_runs_all_it_is_given_and_counts_them()
    {
        await using var pool = new ProcessPool(Osl, new ProcessPoolOptions { MaxRunning = 2, MaxQueued = 8 });

        var runs = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(code => pool.RunAsync(new RunProcessOperation(Silent(A.Exit(code % 2))), Me, Test).AsTask())
        );

        Assert.Equal([0, 1, 0, 1, 0, 1], runs.Select(run => run.AsT0.ExitStatus.ExitCode!.Value));
        var account = pool.Account;
        Assert.Equal((6, 3, 0, 0), (account.Started, account.Succeeded, account.Running, account.Queued));
    }

    [Fact]
    public async Task A_detached_child_is_taken_up_by_the_next_host_and_never_runs_twice()
    {
        var kept = Path.Combine(Scratch, "detached");
        ProcessRef left;
        await using (var before = CreateHost(_ => { }))
        {
            using var store = DetachedDirectory.Open(kept, before).OrThrow();
            var (supervisor, run) = await KeepAsync(before, store);
            left = ProcessOf(supervisor, 0);
            Assert.Equal("detached_directory_unusable", DetachedDirectory.Open(kept, Osl).AsT1.Code);
            Assert.True((await ShutDownAsync(supervisor, run)).IsSuccess);
        }

        Assert.True(IsAlive(left));
        using var taken = DetachedDirectory.Open(kept, Osl).OrThrow();
        var (next, again) = await KeepAsync(Osl, taken);
        Assert.Equal(left, ProcessOf(next, 0));
        using var events = next.Events.Subscribe();

        // When it ends it is started again, by who has taken it up.
        await EndAsync(left);
        await UntilAsync(events, "daemon", LifecycleState.Waiting);
        await UntilAsync(events, "daemon", LifecycleState.Running);
        var other = ProcessOf(next, 0);
        Assert.NotEqual(left, other);
        Assert.True((await ShutDownAsync(next, again)).IsSuccess);

        Assert.True(IsAlive(other));
        Assert.Equal([other], taken.Find("daemon").AsT0.Select(known => known.Process));
        await EndAsync(other);
        // Who has ended meanwhile is not taken up, but started.
        (next, again) = await KeepAsync(Osl, taken);
        Assert.NotEqual(other, ProcessOf(next, 0));
        await EndAsync(ProcessOf(next, 0));
        Assert.True((await ShutDownAsync(next, again)).IsSuccess);
        foreach (var running in Osl.Registry.Live())
        {
            // It may have come back once more, just before the end.
            await EndAsync(running.Process);
        }

        async Task<(Supervisor, Task<SupervisorOutcome>)> KeepAsync(OslHost host, DetachedDirectory store)
        {
            var operation = Silent(A.Wait()).WithLifetime(ProcessLifetime.Detached);
            var supervisor = new Supervisor("root", host).Add(
                ChildSpec.Process("daemon", host, operation, detached: store) with
                {
                    Backoff = AtOnce,
                }
            );
            var run = supervisor.RunToEndAsync(Test);
            await supervisor.Up;
            return (supervisor, run);
        }
    }
}
