using System.Threading.Channels;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Managing;

public sealed class ManagedProcessTests : ProcessManagerTest
{
    [Fact]
    public async Task It_is_initial_then_runs_then_is_gone()
    {
        var process = Make(new ProcessOptions { Arguments = ["-f", "conf"] });
        Assert.Equal((LifecycleState.Idle, ProcessStatus.Initial, false), (process.State, process.Status, process.IsAlive));
        Assert.Null(process.Pid);
        var started = (await process.StartAsync(cancellationToken: Cancelled)).AsT0;
        Assert.Equal((LifecycleState.Running, ProcessStatus.Sleeping, true), (process.State, process.Status, process.IsAlive));
        Assert.Equal(("daemon", "daemon", "fake"), (process.Name, process.Command, process.ReportedName));
        Assert.Equal<Argument>(["-f", "conf"], process.Arguments);
        Assert.Equal(started.Pid, process.Pid);
        Assert.Equal(Clock.GetUtcNow(), process.StartTime);
        Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), process.UpTime);
        Assert.Same(process, Manager.ByPid(started.Pid));
        System.Last.Exit(0);
        Assert.Equal(0, (await process.WaitAsync(Cancelled))?.Status?.ExitCode);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal((LifecycleState.Ended, ProcessStatus.Terminated, TimeSpan.Zero), (process.State, process.Status, process.UpTime));
        Assert.True(System.Last.IsDisposed);
    }

    [Fact]
    public async Task Whoever_starts_what_runs_gets_what_runs()
    {
        var process = Make();
        var starts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => process.StartAsync(cancellationToken: Cancelled).AsTask()));
        Assert.Single(starts.Select(start => start.AsT0).Distinct());
        Assert.Single(System.All);
    }

    [Fact]
    public async Task It_is_started_again_so_many_times_in_all_whatever_its_ends()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Times(2) });
        using var notices = process.Subscribe();
        await process.StartAsync(cancellationToken: Cancelled);
        for (var run = 1; run <= 3; run++)
        {
            await UntilAsync(notices, LifecycleState.Running);
            Clock.Advance(TimeSpan.FromHours(1));
            System.Last.Exit(run == 1 ? 0 : 1);
        }

        await process.WaitForEndAsync(Cancelled);
        Assert.Equal((LifecycleState.Failed, 3, 2L), (process.State, System.All.Count, process.Restarts));
        Assert.Equal("restarts_exhausted", process.LastError?.Code);
        // A start by somebody begins to count anew.
        Assert.True((await process.StartAsync(cancellationToken: Cancelled)).IsT0);
        Assert.Equal(0, process.Restarts);
    }

    [Fact]
    public async Task Between_two_runs_it_waits_and_a_start_is_at_once()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.OnFailure });
        using var notices = process.Subscribe();
        await process.StartAsync(cancellationToken: Cancelled);
        System.Last.Exit(1);
        await UntilAsync(notices, LifecycleState.Waiting);
        Assert.Single(System.All);
        Assert.True((await process.StartAsync(cancellationToken: Cancelled)).IsT0);
        Assert.Equal(2, System.All.Count);
        System.Last.Exit(1);
        await UntilAsync(notices, LifecycleState.Waiting);
        Clock.Advance(TimeSpan.FromSeconds(1));
        var third = await UntilAsync(notices, LifecycleState.Running);
        Assert.Equal(System.Last.Process, third.Process);
        Assert.Equal(3, System.All.Count);
    }

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
    public async Task What_could_not_be_started_is_said_to_who_starts_it_and_not_tried_again()
    {
        System.SpawnFails = () => new NotFound("program 'daemon'", "Check its name.");
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        Assert.Equal("not_found", (await process.StartAsync(cancellationToken: Cancelled)).AsT1.Code);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal((LifecycleState.Failed, "not_found"), (process.State, process.LastError?.Code));
        Assert.Equal(0, Clock.WaitingTimers);
    }

    [Fact]
    public async Task A_restart_that_fails_without_effect_is_tried_again_and_one_of_unknown_effect_is_not()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        using var notices = process.Subscribe();
        await process.StartAsync(cancellationToken: Cancelled);
        System.SpawnFails = () => new SpawnFailed("'daemon'", 26, "ETXTBSY", "Wait.");
        System.Last.Exit(1);
        await UntilAsync(notices, LifecycleState.Waiting);
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.IsType<SpawnFailed>((await UntilAsync(notices, LifecycleState.Waiting)).Error);
        System.SpawnFails = () => new SpawnFailed("'daemon'", 0, "?", "Look.") { Effect = OperationEffect.Unknown };
        Clock.Advance(TimeSpan.FromMinutes(1));
        await UntilAsync(notices, LifecycleState.Failed);
        Assert.Single(System.All);
    }

    [Fact]
    public async Task Whom_it_leaves_in_its_group_is_ended_before_it_is_started_again()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Times(5) });
        using var notices = process.Subscribe();
        await process.StartAsync(cancellationToken: Cancelled);
        await UntilAsync(notices, LifecycleState.Running);
        System.Last.HasLeftovers = true;
        System.Last.Exit(1);
        await UntilAsync(notices, LifecycleState.Running);
        Assert.False(System.All[0].HasLeftovers);
        // Who is left may hold its port, or run twice: better none.
        System.EndFails = () => new StopFailed([System.Last.Process], Partial: null);
        System.Last.HasLeftovers = true;
        System.Last.Exit(1);
        Assert.IsType<StopFailed>((await UntilAsync(notices, LifecycleState.Failed)).Error);
        Assert.Equal(2, System.All.Count);
    }

    [Fact]
    public async Task Every_change_of_status_is_told_and_no_look_is_taken_while_nobody_listens()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        Assert.Equal(0, Clock.WaitingTimers);
        using (var notices = process.Subscribe())
        {
            List<ProcessStatus> seen = [];
            foreach (var activity in Enum.GetValues<ProcessActivity>().Where(activity => activity != ProcessActivity.Terminated))
            {
                System.Does(process.Process!, activity);
                Clock.Advance(TimeSpan.FromSeconds(1));
                while (seen.Count == 0 || seen[^1] != process.Status)
                {
                    seen.Add((await notices.NextAsync(Cancelled))!.Value.Event!.Status);
                }
            }

            Assert.Equal(
                [
                    ProcessStatus.Unavailable,
                    ProcessStatus.Running,
                    ProcessStatus.Sleeping,
                    ProcessStatus.Blocked,
                    ProcessStatus.Idle,
                    ProcessStatus.Stopped,
                    ProcessStatus.Zombie,
                ],
                seen
            );
            Assert.False(process.IsAlive);
        }

        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, Clock.WaitingTimers);
    }

    [Fact]
    public async Task A_channel_of_the_callers_is_told_and_a_full_one_holds_up_nobody()
    {
        var channel = Channel.CreateBounded<Published<ProcessNotice>>(1);
        var process = Make(new ProcessOptions { Notify = channel.Writer, Restart = RestartPolicy.Times(null) });
        await process.StartAsync(cancellationToken: Cancelled);
        Assert.Null(await process.KillAsync(cancellationToken: Cancelled));
        Assert.True(Manager.Delete("daemon"));
        List<LifecycleState> states = [];
        await foreach (var notice in channel.Reader.ReadAllAsync(Cancelled))
        {
            states.Add(notice.Event!.State);
        }

        Assert.Equal([LifecycleState.Starting, LifecycleState.Running, LifecycleState.Stopping], states.Take(3));
        Assert.Equal(LifecycleState.Ended, states[^1]);
    }

    [Fact]
    public async Task Signals_go_to_it_alone_and_to_what_does_not_run_not_at_all()
    {
        var process = Make();
        Assert.Equal("not_found", (await process.SignalAsync(Signal.Hangup, cancellationToken: Cancelled))?.Code);
        await process.StartAsync(cancellationToken: Cancelled);
        Assert.Null(await process.SignalAsync(Signal.Hangup, cancellationToken: Cancelled));
        Assert.False(Assert.Single(System.Executor.CallsOf<ProcessSignalOperation>()).TargetGroup);
        Assert.Equal(LifecycleState.Running, process.State);
    }

    [Fact]
    public async Task Restarts_are_done_for_who_started_it()
    {
        var alice = new OperationContext(new Principal("alice"), "deploy");
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Times(1) });
        using var notices = process.Subscribe();
        await process.StartAsync(alice, Cancelled);
        await UntilAsync(notices, LifecycleState.Running);
        System.Last.Exit(1);
        await UntilAsync(notices, LifecycleState.Running);
        Assert.All(
            System.Executor.Calls.Where(call => call.Operation is SpawnProcessOperation),
            call => Assert.Equal(alice.Principal, call.Context.Principal)
        );
    }

    [Fact]
    public async Task A_stop_takes_back_a_start_that_waits_for_an_approval()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        System.Executor.AnswerAsync<SpawnProcessOperation, SpawnProcessResult>(
            async (_, _, cancelled) =>
            {
                asked.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancelled);
                throw new InvalidOperationException("Nobody ever answers.");
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

    [Fact]
    public async Task Streams_of_the_callers_may_throw_what_they_like()
    {
        using var output = new MemoryStream([1, 2, 3]);
        System.OutputOf = _ => output;
        var process = Make(new ProcessOptions { Output = new ThrowingStream() });
        await process.StartAsync(cancellationToken: Cancelled);
        System.Last.Exit(0);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal((LifecycleState.Ended, 3L), (process.State, output.Position));
        Assert.True((await process.StartAsync(cancellationToken: Cancelled)).IsT0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_that_is_gone_or_throws_while_leftovers_are_ended_is_told_and_ends_the_session(bool isGone)
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        await process.StartAsync(cancellationToken: Cancelled);
        System.EndFails = () => throw (isGone ? new ObjectDisposedException("host") : new InvalidOperationException("boom"));
        System.Last.HasLeftovers = true;
        System.Last.Exit(0);
        await process.WaitForEndAsync(Cancelled);
        Assert.Equal(LifecycleState.Failed, process.State);
        Assert.Equal(isGone ? "host_disposed" : "cleanup_threw", Assert.IsType<OperationFailed>(process.LastError).HandlerCode);
    }

    [Fact]
    public async Task Who_starts_what_waits_for_a_restart_is_whom_the_next_run_is_for()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        using var notices = process.Subscribe();
        await process.StartAsync(new OperationContext(new Principal("first")), Cancelled);
        System.Last.Exit(1);
        await UntilAsync(notices, LifecycleState.Waiting);
        await process.StartAsync(new OperationContext(new Principal("second")), Cancelled);
        Assert.Equal(
            ["first", "second"],
            System.Executor.Calls.Where(call => call.Operation is SpawnProcessOperation).Select(call => call.Context.Principal.Name),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public async Task A_name_is_kept_while_it_is_attached_to_so_that_nothing_is_attached_to_in_vain()
    {
        var attaching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource();
        var stranger = new FakeProcess(new ProcessRef(7, 7, "boot", 0));
        System.Executor.AnswerAsync<AttachProcessOperation, AttachProcessResult>(
            async (_, _, _) =>
            {
                attaching.TrySetResult();
                await go.Task;
                return new AttachProcessResult(stranger.Process, 7) { Live = stranger };
            }
        );
        var attach = Manager.AttachAsync(7, "db", cancellationToken: Cancelled).AsTask();
        await attaching.Task;
        Assert.IsType<ValidationFailed>(Manager.NewProcess("x", new ProcessOptions { Name = "db" }).AsT1);
        Assert.IsType<ValidationFailed>((await Manager.AttachAsync(8, "db", cancellationToken: Cancelled)).AsT1);
        go.SetResult();
        Assert.Equal("db", (await attach).AsT0.Name);
        Assert.Single(System.Executor.CallsOf<AttachProcessOperation>());
    }

    [Fact]
    public void A_template_is_not_written_for_a_name_that_is_taken()
    {
        var store = new CountingStore();
        var manager = new ProcessManager(System.Executor, System, new ProcessManagerOptions { TimeProvider = Clock, Templates = store });
        var wanted = new ProcessOptions { Name = "web", Template = new TemplateOption("web") };
        Assert.True(manager.NewProcess("httpd", wanted).IsT0);
        Assert.IsType<ValidationFailed>(manager.NewProcess("other", wanted).AsT1);
        Assert.Equal(["httpd"], store.Saved.Select(template => template.Spawn.Program), StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_manager_ends_the_rest_and_lets_listeners_go_whatever_one_end_throws()
    {
        var first = Manager.NewProcess("one").AsT0;
        var second = Manager.NewProcess("two").AsT0;
        await first.StartAsync(cancellationToken: Cancelled);
        await second.StartAsync(cancellationToken: Cancelled);
        using var all = Manager.Subscribe();
        using var ofFirst = first.Subscribe();
        using var ofSecond = second.Subscribe();
        System.Executor.AnswerAsync<KillProcessGroupOperation, StopResult>(
            (kill, _, _) =>
            {
                var process = System.All.Single(process => process.Group == kill.Target.Group);
                if (process.Process == first.Process)
                {
                    throw new InvalidOperationException("boom");
                }

                process.Exit(new ExitStatus(null, Signal.Terminate));
                return ValueTask.FromResult<OneOf<StopResult, OperationError>>(
                    new StopResult(kill.Target.Pgid, IsGroup: true, ProcessesAffected: 1, Ended: 1, Forced: 0)
                );
            }
        );

        await Manager.DisposeAsync();

        Assert.Equal(first.Process, Assert.Single(System.Alive).Process);
        foreach (var notices in (Subscription<ProcessNotice>[])[all, ofFirst, ofSecond])
        {
            while (await notices.NextAsync(Cancelled) is not null)
            {
                // Until it is told that no more comes.
            }
        }
    }

    [Fact]
    public async Task The_end_of_the_manager_ends_all_side_by_side_and_a_kill_overtakes_it()
    {
        var first = Manager.NewProcess("one").AsT0;
        var second = Manager.NewProcess("two").AsT0;
        await first.StartAsync(cancellationToken: Cancelled);
        await second.StartAsync(cancellationToken: Cancelled);
        using var asked = new SemaphoreSlim(0);
        var answer = new TaskCompletionSource();
        System.Executor.AnswerAsync<KillProcessGroupOperation, StopResult>(
            async (kill, _, _) =>
            {
                if (kill.StopSequence != StopSequence.Immediate)
                {
                    asked.Release();
                    await answer.Task;
                }

                System.All.Single(process => process.Group == kill.Target.Group).Exit(new ExitStatus(null, Signal.Kill));
                return new StopResult(kill.Target.Pgid, IsGroup: true, ProcessesAffected: 1, Ended: 1, Forced: 0);
            }
        );
        var closing = Manager.DisposeAsync().AsTask();
        await asked.WaitAsync(Cancelled);
        await asked.WaitAsync(Cancelled);
        Assert.Null(await first.KillAsync(cancellationToken: Cancelled));
        Assert.Null(await second.KillAsync(cancellationToken: Cancelled));
        answer.SetResult();
        await closing;
        Assert.Empty(System.Alive);
    }

    private sealed class ThrowingStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("closed by its owner");

        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("closed by its owner");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new InvalidOperationException("closed by its owner");
    }

    private sealed class CountingStore : ITemplateStore
    {
        public List<ProcessTemplate> Saved { get; } = [];

        public OneOf<ProcessTemplate, OperationError> Load(string name) =>
            Saved.Single(template => string.Equals(template.Name, name, StringComparison.Ordinal));

        public OneOf<IReadOnlyList<ProcessTemplate>, OperationError> LoadAll() => Saved;

        public OperationError? Save(ProcessTemplate template)
        {
            Saved.Add(template);
            return null;
        }
    }
}
