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

    private sealed class ThrowingStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("closed by its owner");

        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("closed by its owner");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new InvalidOperationException("closed by its owner");
    }
}
