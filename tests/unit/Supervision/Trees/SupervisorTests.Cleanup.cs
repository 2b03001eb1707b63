using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Services;
using Osl.Supervision.Trees;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Trees;

/// <summary>What becomes of the processes of a child.</summary>
public sealed partial class SupervisorTests
{
    [Fact]
    public async Task The_stop_ends_every_group_by_its_own_stop_sequence()
    {
        var sequence = StopSequence.Starting(Signal.Interrupt, TimeSpan.FromSeconds(1));
        var supervisor = Make().Add(Process("a")).Add(ChildSpec.Process("b", _processes.Executor, Program.WithStopSequence(sequence)));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        await StopAsync(supervisor, run);
        var kills = _processes.Executor.CallsOf<KillProcessGroupOperation>();
        Assert.Equal(2, kills.Count);
        Assert.Contains(kills, kill => kill.StopSequence == sequence);
        Assert.Equal(0, _processes.Alive);
    }

    [Fact]
    public async Task Who_leaves_orphans_behind_is_told_of_and_not_started_before_they_are_gone()
    {
        var supervisor = Make().Add(Process("a"));
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        _processes.Escaped = [new ProcessRef(77, 1, "fake-boot", 0)];
        _processes.Started[0].HasLeftovers = true;
        _processes.Started[0].Exit(1);
        var alert = await NextAsync<SupervisorEvent.OrphansEnded>(events);
        Assert.Equal(("a", 1000, 2, 1), (alert.Path, alert.Process.Process.Pid, alert.Ended, alert.Escaped));
        // Who has left the group was killed by itself.
        Assert.Equal(77, Assert.Single(_processes.Executor.CallsOf<KillProcessOperation>()).Target.Pid);
        await UntilAsync(events, "a", LifecycleState.Waiting);
        _processes.Escaped = [];
        await StopAsync(supervisor, run);
    }

    [Fact]
    public async Task A_cleanup_that_fails_is_reported_and_the_child_is_not_started_beside_what_is_left()
    {
        var supervisor = Make().Add(Process("a")).Add(Process("b"));
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        _processes.KillRefusal = new Denied("rule", "no.", "Nothing.");
        _processes.Started[0].HasLeftovers = true;
        _processes.Started[0].Exit(1);
        var failed = await NextAsync<SupervisorEvent.CleanupFailed>(events);
        Assert.IsType<Denied>(failed.Problem);
        var outcome = await run;
        Assert.Equal(2, _processes.Started.Count);
        Assert.Contains("can't be ended (denied)", outcome.Failure!.Reason, StringComparison.Ordinal);
        Assert.Equal(2, outcome.Survivors.Count);
        Assert.Equal(3, supervisor.Problems.Count);
    }

    [Fact]
    public async Task One_that_has_left_its_group_and_can_not_be_ended_saves_none_of_the_others()
    {
        var supervisor = Make().Add(Process("a"));
        using var events = supervisor.Events.Subscribe();
        _processes.Executor.Answer<KillProcessOperation, StopResult>(
            (kill, _) =>
                kill.Target.Pid == 78
                    ? new StopResult(78, IsGroup: false, ProcessesAffected: 1, Ended: 1, Forced: 1)
                    : new Denied("rule", "no.", "Nothing.")
        );
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        _processes.Escaped = [.. ((int[])[77, 78, 79]).Select(pid => new ProcessRef(pid, 1, "fake-boot", 0))];
        await supervisor.Handle.ShutdownAsync();
        var outcome = await run;
        Assert.Equal([77, 78, 79], _processes.Executor.CallsOf<KillProcessOperation>().Select(kill => kill.Target.Pid).Order());
        Assert.Equal([77, 79], outcome.Survivors.Select(left => left.Process.Process.Pid));
        var alert = await NextAsync<SupervisorEvent.OrphansEnded>(events);
        Assert.Equal((2, 1), (alert.Ended, alert.Escaped));
    }

    [Fact]
    public async Task Who_left_its_group_is_ended_even_if_somebody_in_it_can_not_be()
    {
        var supervisor = Make().Add(Process("a"));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        var partial = new StopResult(1000, IsGroup: true, ProcessesAffected: 2, Ended: 1, Forced: 1)
        {
            Escaped = [new ProcessRef(77, 1, "fake-boot", 0)],
        };
        _processes.KillRefusal = new StopFailed([new ProcessRef(1001, 1, "fake-boot", 0)], partial);
        await supervisor.Handle.ShutdownAsync();
        Assert.IsType<StopFailed>(Assert.Single((await run).Survivors).Problem);
        Assert.Equal(77, Assert.Single(_processes.Executor.CallsOf<KillProcessOperation>()).Target.Pid);
    }

    [Fact]
    public async Task The_longest_end_counts_what_the_processes_need_by_their_own_stop_sequences()
    {
        var owner = new ProcessOwner("owner", _processes.Executor);
        var supervisor = Make().Add(new ChildSpec("owner", () => owner));
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        var before = supervisor.LongestStop;
        var slow = StopSequence.Graceful(TimeSpan.FromMinutes(10));
        _ = await owner.SpawnAsync("slow", Program.WithStopSequence(slow), OperationContext.Current, Test).OrThrow();
        Assert.Equal(before + slow.Steps[0].Wait - TimeSpan.FromSeconds(5), supervisor.LongestStop);
        await StopAsync(supervisor, run);
    }
}
