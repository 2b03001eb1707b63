using Osl.Hosting.Templates;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Tests.Integration.Supervision.Managing;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    /// <summary>Quiet, so that it needs nothing of its host.</summary>
    private static ProcessOptions Quiet(Child child) =>
        new()
        {
            Arguments = child.Arguments,
            Configure = spawn => spawn.WithStandardOutput(StandardOutputConfig.Null).WithStandardError(StandardOutputConfig.Null),
        };

    private static ManagedProcess Define(ProcessManager manager, Child child, Func<ProcessOptions, ProcessOptions>? change = null)
    {
        var options = Quiet(child);
        return manager.NewProcess(child.Program, change?.Invoke(options) ?? options).OrThrow();
    }

    /// <summary>Started, and ready.</summary>
    private async Task<ManagedProcess> ManageAsync(ProcessManager manager, Child child, RestartPolicy? restart = null)
    {
        var output = new LineWriter();
        var process = Define(
            manager,
            child,
            options => options with { Configure = null, Output = output, Restart = restart ?? RestartPolicy.Never }
        );
        Assert.True((await process.StartAsync(Me, Test)).IsT0);
        await output.UntilAsync("ready");
        return process;
    }

    [Fact]
    public async Task A_managed_process_is_defined_started_found_and_ended()
    {
        await using var manager = new ProcessManager(Osl, Osl.Processes);
        var process = Define(manager, A.Wait(), options => options with { Name = "worker" });
        Assert.Equal((LifecycleState.Idle, ProcessStatus.Initial, null), (process.State, process.Status, process.Pid));

        var started = await process.StartAsync(Me, Test);

        Assert.Equal((started.AsT0, LifecycleState.Running), (process.Process, process.State));
        Assert.Equal((A.Wait().Program, A.Wait().Arguments), (process.Command, process.Arguments));
        Assert.Same(process, manager.ByName("worker"));
        Assert.Same(process, manager.ByPid(process.Pid!.Value));
        Assert.NotEmpty(process.ReportedName);
        Assert.Equal(started.AsT0, (await process.RefreshAsync(Me, Test)).AsT0.Process);
        Assert.Null(await process.KillAsync(Me, Test));
        Assert.Equal((LifecycleState.Ended, ProcessStatus.Terminated, false), (process.State, process.Status, process.IsAlive));
        Assert.Null(manager.ByPid(process.Pid!.Value));
        Assert.True(manager.Delete("worker"));
        Assert.Null(manager.ByName("worker"));
    }

    [Fact]
    public async Task A_managed_process_comes_back_as_often_as_it_may_each_time_judged_and_recorded()
    {
        await using var manager = new ProcessManager(Osl, Osl.Processes);
        var process = Define(manager, A.Exit(3), options => options with { Restart = RestartPolicy.Times(2) });
        Assert.True((await process.StartAsync(new OperationContext(Principal.Current, "keep it up"), Test)).IsT0);

        var exit = await process.WaitForEndAsync(Test);

        Assert.Equal((3, LifecycleState.Failed, 2L), (exit!.Status!.ExitCode, process.State, process.Restarts));
        var starts = Journal().Where(record => record is { Type: AuditRecordType.Intent, OperationType: "spawn_process" }).ToList();
        Assert.Equal(3, starts.Count);
        Assert.All(starts, record => Assert.Equal("keep it up", record.Reason));
    }

    [Fact]
    public async Task What_ends_well_is_not_started_again_where_only_failures_are()
    {
        await using var manager = new ProcessManager(Osl, Osl.Processes);
        var process = Define(manager, A.Exit(0), options => options with { Restart = RestartPolicy.OnFailure });
        Assert.True((await process.StartAsync(Me, Test)).IsT0);

        Assert.Equal(0, (await process.WaitForEndAsync(Test))!.Status!.ExitCode);

        Assert.Equal((LifecycleState.Ended, 0L), (process.State, process.Restarts));
    }

    [Fact]
    public async Task A_restart_ends_it_with_all_it_has_started_and_starts_another()
    {
        await using var manager = new ProcessManager(Osl, Osl.Processes);
        var process = await ManageAsync(manager, A.Parent(1));
        var first = process.Process!;
        var group = Assert.Single(Osl.Registry.Live(), entry => entry.Process == first).Group!;

        var second = (await process.RestartAsync(Me, Test)).AsT0;

        Assert.NotEqual(first, second);
        Assert.IsNotType<QueryProcessGroupResult>((await Osl.ExecuteAsync(new QueryProcessGroupOperation(group), Me, Test)).Value);
        Assert.False(IsAlive(first));
        Assert.True(IsAlive(second));
        Assert.Null(await process.KillAsync(Me, Test));
        Assert.False(IsAlive(second));
    }

    [Fact]
    public async Task A_signal_ends_a_managed_process_which_counts_as_a_failure()
    {
        Needs(Feature.EndBySignal);
        await using var manager = new ProcessManager(Osl, Osl.Processes);
        var process = await ManageAsync(manager, A.Wait());

        Assert.Null(await process.SignalAsync(Signal.Kill, Me, Test));

        Assert.Equal(Signal.Kill, (await process.WaitForEndAsync(Test))!.Status!.Signal);
        Assert.Equal(LifecycleState.Failed, process.State);
    }

    [Fact]
    public async Task What_becomes_of_a_managed_process_is_told_in_order()
    {
        await using var manager = new ProcessManager(Osl, Osl.Processes);
        var process = Define(manager, A.Wait());
        using var notices = process.Subscribe();

        Assert.True((await process.StartAsync(Me, Test)).IsT0);
        Assert.Null(await process.KillAsync(Me, Test));

        List<LifecycleState> states = [];
        while (states is not [.., LifecycleState.Ended] && await notices.NextAsync(Test) is { } notice)
        {
            Assert.Equal(0, notice.Missed);
            if (notice.Event is { } change && change.State != change.Before)
            {
                states.Add(change.State);
            }
        }

        Assert.Equal([LifecycleState.Starting, LifecycleState.Running, LifecycleState.Stopping, LifecycleState.Ended], states);
    }

    [Fact]
    public async Task A_process_that_is_no_child_is_managed_too()
    {
        await using var host = HostThatMayAttach();
        using var stranger = A.StartForeign();
        await using var manager = new ProcessManager(host, host.Processes);

        var process = await manager.AttachAsync(stranger.Id, "stranger", Me, Test).OrThrow();

        Assert.Equal((LifecycleState.Running, stranger.Id, "", 0), (process.State, process.Pid, process.Command, process.Arguments.Count));
        Assert.IsType<Unsupported>((await process.RestartAsync(Me, Test)).AsT1);
        Assert.Null(await process.KillAsync(Me, Test));
        await stranger.WaitForExitAsync(Test);
        Assert.Equal(ProcessStatus.Terminated, process.Status);
    }

    [Fact]
    public async Task A_manager_that_ends_takes_its_processes_along_but_for_detached_ones()
    {
        var manager = new ProcessManager(Osl, Osl.Processes);
        var managed = Define(manager, A.Stubborn(), options => options with { Name = "managed" });
        var detached = Define(manager, A.Wait(), options => options with { Name = "detached", Detach = true });
        managed = (await managed.StartAsync(Me, Test)).IsT0 ? managed : throw new InvalidOperationException("It was not started.");
        var kept = (await detached.StartAsync(Me, Test)).AsT0;
        Assert.Null(await managed.KillAsync(Me, Test));
        var again = (await managed.StartAsync(Me, Test)).AsT0;

        await manager.DisposeAsync();

        Assert.False(IsAlive(again));
        Assert.True(IsAlive(kept));
        Assert.Equal(
            1,
            (await Osl.ExecuteAsync(new KillProcessOperation(kept) { StopSequence = StopSequence.Immediate }, Me, Test).OrThrow()).Ended
        );
    }

    [Fact]
    public async Task What_is_detached_is_taken_up_by_the_next_hosts_manager_and_comes_back_there()
    {
        var template = new ProcessTemplate(
            "worker",
            A.Wait()
                .Spawn()
                .WithLifetime(ProcessLifetime.Detached)
                .WithStandardInput(StandardInputKind.Null)
                .WithStandardOutput(StandardOutputConfig.Null)
                .WithStandardError(StandardOutputConfig.Null)
                .WithStopSequence(StopSequence.Immediate)
        )
        {
            Restart = RestartPolicy.Times(1),
        };
        ProcessRef left;
        GroupRef? group;
        await using (var before = CreateHost(_ => { }))
        await using (var manager = new ProcessManager(before, before.Processes))
        {
            left = (await manager.NewProcess(template).OrThrow().StartAsync(Me, Test)).AsT0;
            group = before.Registry.Live().Single(entry => entry.Process == left).Group;
        }

        Assert.True(IsAlive(left));
        await using var next = new ProcessManager(Osl, Osl.Processes);
        var process = await next.TakeUpAsync(template, left, group, Test).OrThrow();
        Assert.Equal((left, LifecycleState.Running), (process.Process, process.State));
        using var notices = process.Subscribe();

        await Osl.ExecuteAsync(new KillProcessOperation(left) { StopSequence = StopSequence.Immediate }, Me, Test).OrThrow();

        while (process.State != LifecycleState.Running || process.Process == left)
        {
            Assert.NotNull(await notices.NextAsync(Test));
        }

        Assert.False(IsAlive(left));
        Assert.Equal(1, process.Restarts);
        Assert.Null(await process.KillAsync(Me, Test));
    }

    [Fact]
    public async Task A_template_that_was_made_of_a_process_starts_it_again()
    {
        var templates = new TemplateDirectory(Directory.CreateDirectory(Path.Combine(Scratch, "templates")).FullName);
        await using (var manager = new ProcessManager(Osl, Osl.Processes, new ProcessManagerOptions { Templates = templates }))
        {
            _ = Define(
                manager,
                A.Wait(),
                options => options with { Name = "worker", Template = new TemplateOption("worker", RunOnStartup: true) }
            );
        }

        await using var next = new ProcessManager(Osl, Osl.Processes, new ProcessManagerOptions { Templates = templates });
        Assert.Empty(await next.StartTemplatesAsync(Test).OrThrow());

        var process = Assert.Single(next.All);
        Assert.Equal(("worker", LifecycleState.Running, A.Wait().Program), (process.Name, process.State, process.Command));
        Assert.Null(await process.KillAsync(Me, Test));
    }
}
