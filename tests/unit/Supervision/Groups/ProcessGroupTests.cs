using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Groups;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Groups;

/// <summary>Who is in a group, who waits for whom, and how it ends; on processes that exit when a test says so.</summary>
public sealed class ProcessGroupTests
{
    private static readonly ExitStatus Success = new(0);

    private readonly GroupWorld _world = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_group_has_nobody_to_wait_for_and_nobody_to_end()
    {
        var group = _world.Group();

        Assert.False(group.Running);
        Assert.Empty(group.Members);
        Assert.Null(group.NativeHandle);
        Assert.Null(await group.WaitOneAsync(Test));
        Assert.Empty(await group.WaitAsync(Test));
        Assert.Equal(0, (await group.TerminateAsync(Test).OrThrow()).ProcessesAffected);
        Assert.Null(await group.DetachAsync(Test));
        await group.DisposeAsync();
        await group.DisposeAsync();

        Assert.Empty(_world.Executor.Calls);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await group.EmplaceAsync("worker", [], Test));
    }

    [Fact]
    public async Task The_first_makes_the_process_group_and_the_others_are_launched_into_it()
    {
        await using var group = _world.Group();

        var first = await group.EmplaceAsync("server", [], Test).OrThrow();
        var second = await group.EmplaceAsync("gateway", ["--port", "80"], Test).OrThrow();

        Assert.Equal(first.Pid, group.NativeHandle!.Id);
        Assert.Equal(first.Group, second.Group);
        Assert.Equal([first.Process, second.Process], group.Members.OrderBy(member => member.Pid));
        Assert.True(group.Running);
        Assert.True(group.Contains(second.Pid));
        Assert.True(group.Contains(second.Process));
        Assert.False(group.Contains(second.Pid + 1));
        Assert.False(group.Contains(second.Process with { StartTime = 9 }));
        Assert.Equal(
            [ProcessGroupPlacement.NewGroup, ProcessGroupPlacement.JoinGroup],
            _world.Executor.CallsOf<SpawnProcessOperation>().Select(spawn => spawn.ProcessGroup.Placement)
        );
    }

    [Fact]
    public async Task Emplacing_works_when_the_leader_is_gone()
    {
        await using var group = _world.Group();
        var leader = await group.EmplaceAsync("leader", [], Test).OrThrow();
        await group.EmplaceAsync("other", [], Test).OrThrow();
        _world.End(_world.Of(leader.Pid), Success);
        Assert.Equal(leader.Pid, (await group.WaitOneAsync(Test))!.Pid);

        var third = await group.EmplaceAsync("third", [], Test).OrThrow();

        Assert.Equal(leader.Pid, third.Pgid);
        Assert.False(group.Contains(leader.Pid));
    }

    [Fact]
    public async Task Emplacing_works_when_all_are_gone_in_a_new_process_group()
    {
        await using var group = _world.Group();
        var first = await group.EmplaceAsync("first", [], Test).OrThrow();
        _world.End(_world.Of(first.Pid), Success);
        await group.WaitAsync(Test);

        var next = await group.EmplaceAsync("next", [], Test).OrThrow();

        Assert.Equal(next.Pid, next.Pgid);
        Assert.Equal(next.Group, group.NativeHandle);
    }

    [Fact]
    public async Task Who_was_started_and_could_not_join_is_not_started_again()
    {
        await using var group = _world.Group();
        await group.EmplaceAsync("first", [], Test).OrThrow();
        _world.Executor.Enqueue<SpawnProcessOperation, SpawnProcessResult>(
            new StaleProcess("the group has ended") { Effect = OperationEffect.Happened }
        );

        var outcome = await group.EmplaceAsync("second", [], Test);

        Assert.IsType<StaleProcess>(outcome.AsT1);
        Assert.Equal(2, _world.Executor.CallsOf<SpawnProcessOperation>().Count);
        Assert.Single(group.Members);
    }

    [Fact]
    public async Task Who_can_not_be_started_leaves_the_group_as_it_was()
    {
        await using var group = _world.Group();
        using var events = group.Events.Subscribe();

        Assert.IsType<NotFound>((await group.EmplaceAsync("missing", [], Test)).AsT1);

        Assert.False(group.Running);
        Assert.Null(await group.WaitOneAsync(Test));
        Assert.Equal(LifecycleState.Starting, (await events.NextAsync(Test))!.Value.Event!.To);
        var failed = (await events.NextAsync(Test))!.Value.Event!;
        Assert.Equal((LifecycleState.Failed, true), (failed.To, failed.Error is NotFound));
    }

    [Fact]
    public async Task A_launcher_changes_the_operation_before_it_is_judged_and_can_not_get_out_of_the_group()
    {
        await using var group = _world.Group();
        await group.EmplaceAsync("first", [], Test).OrThrow();

        await group
            .EmplaceAsync(
                new SpawnProcessOperation("worker"),
                spawn => spawn.WithArgument("--nice").WithWorkingDirectory("/srv").WithNewProcessGroup(),
                Test
            )
            .OrThrow();

        var judged = _world.Executor.CallsOf<SpawnProcessOperation>()[^1];
        Assert.Equal(("/srv", 1), (judged.WorkingDirectory, judged.Arguments.Count));
        Assert.Equal(group.NativeHandle, judged.ProcessGroup.Target!.Group);
    }

    [Fact]
    public async Task Who_needs_a_session_of_its_own_is_a_member_by_itself()
    {
        await using var group = _world.Group();
        var first = await group.EmplaceAsync("first", [], Test).OrThrow();
        var apart = await group.EmplaceAsync(new SpawnProcessOperation("apart").WithDetachFromTerminal(), null, Test).OrThrow();

        var stopped = await group.TerminateAsync(Test).OrThrow();

        Assert.Equal(first.Group, group.NativeHandle ?? first.Group);
        Assert.NotEqual(first.Pgid, apart.Pgid);
        Assert.Equal(2, stopped.Ended);
        Assert.Equal(2, (await group.WaitAsync(Test)).Count);
    }

    [Fact]
    public async Task Each_exit_is_told_once_and_signals_are_no_exit_codes()
    {
        await using var group = _world.Group();
        var exited = await group.EmplaceAsync("a", [], Test).OrThrow();
        var killed = await group.EmplaceAsync("b", [], Test).OrThrow();
        var unknown = await group.EmplaceAsync("c", [], Test).OrThrow();
        _world.End(_world.Of(exited.Pid), new ExitStatus(9));
        var first = await group.WaitOneAsync(Test);
        _world.End(_world.Of(killed.Pid), new ExitStatus(null, Signal.Kill));
        var second = await group.WaitOneAsync(Test);
        _world.End(_world.Of(unknown.Pid), null);
        var third = await group.WaitOneAsync(Test);

        Assert.Equal((exited.Pid, 9, null), (first!.Pid, first.ExitCode, first.Signal));
        Assert.Equal((killed.Pid, null, Signal.Kill), (second!.Pid, second.ExitCode, second.Signal));
        Assert.Equal((unknown.Pid, null, null, false), (third!.Pid, third.ExitCode, third.Signal, third.IsSuccess));
        Assert.Null(await group.WaitOneAsync(Test));
    }

    [Fact]
    public async Task Of_two_who_wait_each_gets_another_exit_or_learns_that_there_is_none()
    {
        await using var group = _world.Group();
        var a = await group.EmplaceAsync("a", [], Test).OrThrow();
        var b = await group.EmplaceAsync("b", [], Test).OrThrow();
        Task<GroupExit?>[] waiters = [.. Enumerable.Range(0, 3).Select(_ => group.WaitOneAsync(Test).AsTask())];
        var all = group.WaitAsync(Test);

        _world.End(_world.Of(b.Pid), Success);
        Assert.Equal(b.Pid, (await waiters[0])!.Pid);
        Assert.False(all.IsCompleted);
        _world.End(_world.Of(a.Pid), Success);

        Assert.Equal(a.Pid, (await waiters[1])!.Pid);
        Assert.Null(await waiters[2]);
        Assert.Empty(await all);
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_no_exit_along()
    {
        await using var group = _world.Group();
        var a = await group.EmplaceAsync("a", [], Test).OrThrow();
        using var patience = new CancellationTokenSource();
        var impatient = group.WaitOneAsync(patience.Token).AsTask();
        var forAll = group.WaitAsync(patience.Token).AsTask();

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forAll);
        _world.End(_world.Of(a.Pid), Success);

        Assert.Equal(a.Pid, Assert.Single(await group.WaitAsync(Test)).Pid);
    }

    [Fact]
    public async Task Terminating_ends_all_at_once_by_one_operation_and_confirms_it()
    {
        await using var group = _world.Group();
        await group.EmplaceAsync("a", [], Test).OrThrow();
        await group.EmplaceAsync("b", [], Test).OrThrow();

        var stopped = await group.TerminateAsync(Test).OrThrow();

        Assert.Equal((2, 2), (stopped.ProcessesAffected, stopped.Ended));
        Assert.Equal(StopSequence.Immediate, Assert.Single(_world.Executor.CallsOf<KillProcessGroupOperation>()).StopSequence);
        Assert.False(group.Running);
        Assert.All(await group.WaitAsync(Test), exit => Assert.Equal(Signal.Kill, exit.Signal));
    }

    [Fact]
    public async Task Who_survives_is_named_is_a_member_still_and_its_end_is_noticed()
    {
        await using var group = _world.Group();
        var a = await group.EmplaceAsync("a", [], Test).OrThrow();
        _world.Of(a.Pid).HangsInTheKernel = true;
        using var events = group.Events.Subscribe();

        var failed = Assert.IsType<StopFailed>((await group.TerminateAsync(Test)).AsT1);

        Assert.Equal(a.Process, Assert.Single(failed.Survivors));
        Assert.True(group.Running);
        Assert.Equal(LifecycleState.Stopping, (await events.NextAsync(Test))!.Value.Event!.To);
        var abandoned = (await events.NextAsync(Test))!.Value.Event!;
        Assert.Equal((LifecycleState.Abandoned, true), (abandoned.To, abandoned.Error is StopFailed));
        _world.End(_world.Of(a.Pid), Success);
        Assert.Equal(a.Pid, (await group.WaitOneAsync(Test))!.Pid);
    }

    [Fact]
    public async Task Disposing_ends_every_member_and_says_who_could_not_be_ended()
    {
        var group = _world.Group();
        var a = await group.EmplaceAsync("a", [], Test).OrThrow();
        var b = await group.EmplaceAsync("b", [], Test).OrThrow();
        _world.Of(b.Pid).HangsInTheKernel = true;

        var thrown = await Assert.ThrowsAsync<OperationException>(async () => await group.DisposeAsync());

        Assert.Equal(b.Process, Assert.Single(Assert.IsType<StopFailed>(thrown.Error).Survivors));
        Assert.DoesNotContain(_world.Living, process => process.Process == a.Process);
    }

    [Fact]
    public async Task Who_is_being_started_while_the_group_is_ended_is_ended_as_soon_as_it_runs()
    {
        await using var group = _world.Group();
        var (asked, answer) = HoldNextSpawn();
        var emplacing = group.EmplaceAsync("slow", [], Test).AsTask();
        await asked;

        var waiting = group.WaitOneAsync(Test);
        Assert.True(group.Running);
        await group.TerminateAsync(Test).OrThrow();
        answer.SetResult();
        var started = await emplacing;

        Assert.Equal(started.AsT0.Pid, (await waiting)!.Pid);
        Assert.Empty(_world.Living);
    }

    [Fact]
    public async Task Disposing_gives_up_a_start_that_is_under_way()
    {
        var group = _world.Group();
        var (asked, _) = HoldNextSpawn();
        var emplacing = group.EmplaceAsync("approved-by-nobody", [], Test).AsTask();
        var queued = group.EmplaceAsync("next", [], Test).AsTask();
        await asked;

        await group.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => emplacing);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => queued);
        Assert.Empty(_world.All);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_comes_up_while_the_group_is_disposed_and_can_not_be_ended_is_told_of(bool isRefused)
    {
        var group = _world.Group();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _world.Executor.AnswerAsync<SpawnProcessOperation, SpawnProcessResult>(
            async (spawn, _, cancelled) =>
            {
                asked.SetResult();
                // Too late to be taken back.
                await answer.Task;
                var started = _world.Spawn(spawn);
                _world.All[^1].HangsInTheKernel = true;
                return started;
            }
        );
        if (isRefused)
        {
            _world.Executor.Answer<KillProcessGroupOperation, StopResult>((_, _) => new Denied("rule", "no.", "Ask."));
        }

        var emplacing = group.EmplaceAsync("slow", [], Test).AsTask();
        await asked.Task;
        var disposing = group.DisposeAsync().AsTask();
        answer.SetResult();

        var error = (await Assert.ThrowsAsync<OperationException>(() => disposing)).Error;
        var late = (await emplacing).AsT0.Process;
        if (isRefused)
        {
            Assert.IsType<Denied>(error);
        }
        else
        {
            Assert.Equal(late, Assert.Single(Assert.IsType<StopFailed>(error).Survivors));
        }
    }

    /// <summary>The next spawns take until the source is set, or their token is cancelled.</summary>
    private (Task Asked, TaskCompletionSource Answer) HoldNextSpawn()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        _world.Executor.AnswerAsync<SpawnProcessOperation, SpawnProcessResult>(
            async (spawn, context, cancellationToken) =>
            {
                asked.TrySetResult();
                await answer.Task.WaitAsync(cancellationToken);
                return _world.Spawn(spawn);
            }
        );
        return (asked.Task, answer);
    }

    [Fact]
    public async Task A_stop_that_is_denied_changes_nothing()
    {
        await using var group = _world.Group();
        using var events = group.Events.Subscribe();
        var started = await group.EmplaceAsync("worker", [], Test).OrThrow();
        _world.Executor.Enqueue<KillProcessGroupOperation, StopResult>(new Denied("rule", "no.", "Ask."));

        Assert.IsType<Denied>((await group.TerminateAsync(Test)).AsT1);

        // An end that nobody was allowed to ask for is a failure, not one that was asked for.
        _world.End(_world.Of(started.Process.Pid), new ExitStatus(3));
        var states = new List<(LifecycleState, LifecycleState)>();
        do
        {
            var told = (await events.NextAsync(Test))!.Value.Event!;
            states.Add((told.From, told.To));
        } while (states[^1].Item2 != LifecycleState.Failed);

        Assert.Equal(
            [
                (LifecycleState.Running, LifecycleState.Stopping),
                (LifecycleState.Stopping, LifecycleState.Running),
                (LifecycleState.Running, LifecycleState.Failed),
            ],
            states.TakeLast(3)
        );
    }

    [Fact]
    public async Task Closing_does_not_wait_for_ever_for_an_end_that_waits_for_an_approval()
    {
        var group = _world.Group();
        await group.EmplaceAsync("worker", [], Test).OrThrow();
        _world.Executor.AnswerAsync<KillProcessGroupOperation, StopResult>(
            async (_, _, cancelled) =>
            {
                return await Until.CancelledAsync<StopResult>(cancelled);
            }
        );

        var closing = group.DisposeAsync().AsTask();
        while (_world.Time.WaitingTimers == 0)
        {
            Test.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        _world.Time.Advance(TimeSpan.FromHours(1));
        var error = (await Assert.ThrowsAsync<OperationException>(() => closing)).Error;
        Assert.Equal("cleanup_timeout", Assert.IsType<OperationFailed>(error).HandlerCode);
    }

    [Fact]
    public async Task Closing_does_not_wait_for_an_attachment_that_waits_for_an_approval()
    {
        var group = _world.Group();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _world.Executor.AnswerAsync<AttachProcessOperation, AttachProcessResult>(
            async (_, _, cancelled) =>
            {
                asked.TrySetResult();
                return await Until.CancelledAsync<AttachProcessResult>(cancelled);
            }
        );
        var attaching = group.AttachAsync(7, Test).AsTask();
        await asked.Task;

        await group.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => attaching);
    }
}
