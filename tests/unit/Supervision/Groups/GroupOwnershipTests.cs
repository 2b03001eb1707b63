using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Groups;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Groups;

/// <summary>Who answers for whom: attached, adopted, detached and moved members.</summary>
public sealed class GroupOwnershipTests
{
    private readonly GroupWorld _world = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_attached_is_a_member_once_is_waited_for_and_ended_by_itself()
    {
        await using var group = _world.Group();
        var stranger = _world.Stranger();
        await group.EmplaceAsync("first", [], Test).OrThrow();

        await group.AttachAsync(stranger.Process.Pid, Test).OrThrow();
        await group.AttachAsync(stranger.Process, Test).OrThrow();

        Assert.Equal(2, group.Members.Count);
        Assert.True(group.Contains(stranger.Process));
        var stopped = await group.TerminateAsync(Test).OrThrow();
        Assert.Equal(2, stopped.Ended);
        Assert.Equal(stranger.Process.Pid, Assert.Single(_world.Executor.CallsOf<KillProcessOperation>()).Target.Pid);
        Assert.Equal(2, (await group.WaitAsync(Test)).Count);
    }

    [Fact]
    public async Task Who_has_ended_is_no_survivor_though_another_may_not_be_ended()
    {
        var group = _world.Group();
        await group.EmplaceAsync("worker", [], Test).OrThrow();
        var worker = _world.All[0];
        await group.AttachAsync(_world.Stranger().Process, Test).OrThrow();
        _world.Executor.Answer<KillProcessOperation, StopResult>((_, _) => new Denied("rule", "no.", "Ask."));
        // Its end is confirmed, and the word of it comes after that.
        _world.Executor.Answer<KillProcessGroupOperation, StopResult>(
            (kill, _) => new StopResult(kill.Target.Pgid, IsGroup: true, 1, 1, 0)
        );
        var disposing = group.DisposeAsync().AsTask();
        _world.End(worker, new ExitStatus(null, Signal.Terminate));

        Assert.IsType<Denied>((await Assert.ThrowsAsync<OperationException>(() => disposing)).Error);
    }

    [Fact]
    public async Task Who_has_ended_can_not_be_attached_to()
    {
        await using var group = _world.Group();
        var stranger = _world.Stranger();
        _world.End(stranger, null);

        Assert.IsType<NotFound>((await group.AttachAsync(stranger.Process, Test)).AsT1);
        Assert.False(group.Running);
    }

    [Fact]
    public async Task A_process_that_is_attached_leaves_its_own_object_empty()
    {
        var owned = await OwnedProcess.StartAsync(_world.Executor, new SpawnProcessOperation("worker"), cancellationToken: Test).OrThrow();
        var process = owned.Process.Process;
        await using var group = _world.Group();

        await group.AttachAsync(owned, Test).OrThrow();

        Assert.True(owned.IsEmpty);
        Assert.Throws<InvalidOperationException>(() => owned.Process);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await group.AttachAsync(owned, Test));
        await owned.DisposeAsync();
        Assert.Contains(_world.Living, living => living.Process == process);
        Assert.True(group.Contains(process));
    }

    [Fact]
    public async Task What_could_not_be_attached_is_still_its_objects_and_ends_with_it()
    {
        var owned = await OwnedProcess.StartAsync(_world.Executor, new SpawnProcessOperation("worker"), cancellationToken: Test).OrThrow();
        await using var group = _world.Group();
        _world.Executor.Enqueue<AttachProcessOperation, AttachProcessResult>(new Denied("rule", "no.", "Ask."));

        Assert.IsType<Denied>((await group.AttachAsync(owned, Test)).AsT1);

        Assert.False(owned.IsEmpty);
        await owned.DisposeAsync();
        Assert.Empty(_world.Living);
        Assert.True(_world.All[0].IsDisposed);
    }

    [Fact]
    public async Task What_could_not_be_attached_ends_if_its_object_was_disposed_meanwhile()
    {
        var owned = await OwnedProcess.StartAsync(_world.Executor, new SpawnProcessOperation("worker"), cancellationToken: Test).OrThrow();
        await using var group = _world.Group();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _world.Executor.AnswerAsync<AttachProcessOperation, AttachProcessResult>(
            async (_, _, _) =>
            {
                asked.SetResult();
                await answer.Task;
                return new Denied("rule", "no.", "Ask.");
            }
        );
        var attaching = group.AttachAsync(owned, Test).AsTask();
        await asked.Task;
        await owned.DisposeAsync();
        answer.SetResult();

        Assert.IsType<Denied>((await attaching).AsT1);
        Assert.True(owned.IsEmpty);
        Assert.Empty(_world.Living);
        Assert.True(_world.All[0].IsDisposed);
    }

    [Fact]
    public async Task A_process_group_that_exists_is_taken_over_with_all_its_members()
    {
        var leader = _world.Stranger();
        var pgid = leader.Pgid;
        var other = _world.Stranger(pgid);

        await using var group = await ProcessGroup.FromNativeHandleAsync(_world.Executor, pgid, cancellationToken: Test).OrThrow();

        Assert.Equal(pgid, group.NativeHandle!.Id);
        Assert.Equal([leader.Process, other.Process], group.Members.OrderBy(member => member.Pid));
        var third = await group.EmplaceAsync("third", [], Test).OrThrow();
        Assert.Equal(pgid, third.Pgid);
        Assert.Equal(3, (await group.TerminateAsync(Test).OrThrow()).Ended);
        Assert.Empty(_world.Executor.CallsOf<KillProcessOperation>());
    }

    [Fact]
    public async Task A_process_group_is_taken_over_as_a_whole_or_not_at_all()
    {
        var first = _world.Stranger();
        _world.Stranger(first.Pgid);
        _world
            .Executor.Enqueue<AttachProcessOperation, AttachProcessResult>(
                new AttachProcessResult(first.Process, first.Pgid) { Live = first }
            )
            .Enqueue<AttachProcessOperation, AttachProcessResult>(new Denied("rule", "no.", "Ask."));

        var refused = await ProcessGroup.FromNativeHandleAsync(_world.Executor, first.Pgid, cancellationToken: Test);

        Assert.IsType<Denied>(refused.AsT1);
        Assert.Equal([first.Process], _world.Released);
        Assert.Equal(2, _world.Living.Count);
        Assert.IsType<NotFound>((await ProcessGroup.FromNativeHandleAsync(_world.Executor, 77, cancellationToken: Test)).AsT1);
    }

    [Fact]
    public async Task What_is_detached_outlives_the_group_and_what_comes_after_does_not()
    {
        var stranger = _world.Stranger();
        var group = _world.Group();
        var first = await group.EmplaceAsync("first", [], Test).OrThrow();
        var second = await group.EmplaceAsync("second", [], Test).OrThrow();
        await group.AttachAsync(stranger.Process, Test).OrThrow();

        Assert.Null(await group.DetachAsync(Test));
        Assert.Null(group.NativeHandle);
        var after = await group.EmplaceAsync("after", [], Test).OrThrow();
        Assert.Equal(4, group.Members.Count);
        await group.DisposeAsync();

        Assert.NotEqual(first.Pgid, after.Pgid);
        Assert.Equal(
            [first.Process, second.Process, stranger.Process],
            _world.Living.Select(process => process.Process).OrderBy(process => process == stranger.Process).ThenBy(process => process.Pid)
        );
        Assert.Superset(new HashSet<ProcessRef> { first.Process, second.Process, stranger.Process }, _world.Released);
    }

    [Fact]
    public async Task Who_was_detached_is_still_waited_for_and_can_be_terminated()
    {
        await using var group = _world.Group();
        await group.EmplaceAsync("first", [], Test).OrThrow();
        Assert.Null(await group.DetachAsync(Test));

        Assert.Equal(1, (await group.TerminateAsync(Test).OrThrow()).Ended);

        Assert.Equal(Signal.Kill, (await group.WaitOneAsync(Test))!.Signal);
    }

    [Fact]
    public async Task Who_can_not_be_released_stays_with_the_group()
    {
        var group = _world.Group();
        await group.EmplaceAsync("piped", [], Test).OrThrow();
        _world.Executor.Enqueue<ReleaseProcessOperation, ReleaseProcessResult>(new Unsupported("releasing what is read", "Do not read."));

        Assert.IsType<Unsupported>(await group.DetachAsync(Test));
        await group.DisposeAsync();

        Assert.Empty(_world.Living);
    }

    [Fact]
    public async Task Moved_a_group_is_the_other_objects_with_its_members_and_its_waiters()
    {
        var from = _world.Group();
        var first = await from.EmplaceAsync("first", [], Test).OrThrow();
        var waiting = from.WaitOneAsync(Test);

        await using var to = from.Move();

        Assert.False(from.Running);
        Assert.Null(from.NativeHandle);
        Assert.Null(await from.WaitOneAsync(Test));
        await from.DisposeAsync();
        Assert.True(to.Contains(first.Process));
        _world.End(_world.Of(first.Pid), new ExitStatus(3));
        Assert.Equal(3, (await waiting)!.ExitCode);
        Assert.Throws<ObjectDisposedException>(() => from.Move());
    }
}
