using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Osl.Testing;
using Osl.Tests.Unit.Operations;
using Xunit;

namespace Osl.Tests.Unit.Testing;

public sealed class DoubleTests
{
    private static readonly OperationContext Context = new(new Principal("alice"));
    private readonly ManualTimeProvider _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_executor_answers_what_is_plausible_and_keeps_what_it_was_asked()
    {
        var executor = new FakeExecutor(_clock);
        var spawned = await executor.ExecuteAsync(new SpawnProcessOperation("x").WithNewProcessGroup(), Context, Token).OrThrow();
        Assert.Equal(1000, spawned.Pid);
        Assert.Equal((1000, spawned.OperationId), (spawned.Group?.Id, spawned.Group!.Operation));
        Assert.True(spawned.IsGroupLeader);
        Assert.Equal(_clock.GetUtcNow(), spawned.StartedAt);
        var sharing = await executor.ExecuteAsync(new SpawnProcessOperation("x"), Context, Token).OrThrow();
        Assert.Null(sharing.Group);
        Assert.False(sharing.IsGroupLeader);
        var joined = await executor.ExecuteAsync(new SpawnProcessOperation("x").WithProcessGroup(spawned.Group), Context, Token).OrThrow();
        Assert.Equal((1000, spawned.Group), (joined.Pgid, joined.Group));
        Assert.True((await executor.ExecuteAsync(new RunProcessOperation("x"), Context, Token).OrThrow()).ExitStatus.IsSuccess);
        Assert.Equal(5, (await executor.ExecuteAsync(new ProcessSignalOperation(5, Signal.Kill), Context, Token).OrThrow()).TargetPid);
        Assert.True((await executor.ExecuteAsync(new KillProcessGroupOperation(5), Context, Token).OrThrow()).IsGroup);
        Assert.Equal(1, (await executor.ExecuteAsync(new KillProcessOperation(5), Context, Token).OrThrow()).Ended);
        Assert.True((await executor.ExecuteAsync(new QueryProcessOperation(5), Context, Token).OrThrow()).State.IsAlive);
        Assert.Single((await executor.ExecuteAsync(new QueryProcessGroupOperation(5), Context, Token).OrThrow()).Members);
        Assert.Equal(5, (await executor.ExecuteAsync(new AttachProcessOperation(5), Context, Token).OrThrow()).Pid);
        Assert.Single((await executor.ExecuteAsync(new ReleaseProcessOperation(5), Context, Token).OrThrow()).Released);
        Assert.Equal(11, executor.Calls.Count);
        Assert.Equal(3, executor.CallsOf<SpawnProcessOperation>().Count);
        Assert.Equal(spawned.OperationId, executor.Calls[0].Id);
        Assert.Same(Context, executor.Calls[0].Context);
    }

    [Fact]
    public async Task What_an_executor_has_spawned_lives_until_it_is_killed_or_a_test_ends_it()
    {
        var executor = new FakeExecutor(_clock);
        var group = await executor.ExecuteAsync(new SpawnProcessOperation("x").WithNewProcessGroup(), Context, Token).OrThrow();
        var alone = await executor.ExecuteAsync(new SpawnProcessOperation("x"), Context, Token).OrThrow();
        var other = await executor.ExecuteAsync(new SpawnProcessOperation("x"), Context, Token).OrThrow();
        Assert.Equal([group.Live, alone.Live, other.Live], executor.Started);

        await executor.ExecuteAsync(new KillProcessGroupOperation(group.Group!), Context, Token).OrThrow();
        await executor.ExecuteAsync(new KillProcessOperation(alone.Process), Context, Token).OrThrow();
        Assert.Equal(Signal.Terminate, (await group.Live.Exited).Status!.Signal);
        Assert.Equal(Signal.Terminate, (await alone.Live.Exited).Status!.Signal);
        Assert.False(other.Live.Exited.IsCompleted);
        Assert.True(executor.Started[2].Exit(3));
        Assert.Equal(3, (await other.Live.Exited).Status!.ExitCode);
    }

    [Fact]
    public async Task An_executor_answers_what_it_was_told_first_what_is_queued()
    {
        var executor = new FakeExecutor(_clock)
            .Answer<KillProcessOperation, StopResult>((kill, _) => new NotFound($"process {kill.Target.Pid}", "Look."))
            .Enqueue<KillProcessOperation, StopResult>(new StopResult(7, IsGroup: false, 1, 1, 1));
        Assert.Equal(1, (await executor.ExecuteAsync(new KillProcessOperation(7), Context, Token)).AsT0.Forced);
        var error = (await executor.ExecuteAsync(new KillProcessOperation(8), Context, Token)).AsT1;
        Assert.Equal("Not found: process 8.", error.Message);
        Assert.Equal(executor.Calls[1].Id, error.OperationId);
    }

    [Fact]
    public async Task An_answer_may_take_its_time_on_the_clock_and_be_cancelled()
    {
        var executor = new FakeExecutor(_clock).AnswerAsync<KillProcessOperation, StopResult>(
            async (kill, _, token) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(3), _clock, token);
                return new StopResult(kill.Target.Pid, IsGroup: false, 1, 1, 0);
            }
        );
        var answer = executor.ExecuteAsync(new KillProcessOperation(7), Context, Token).AsTask();
        Assert.False(answer.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), (await answer).AsT0.Duration);
        using var source = new CancellationTokenSource();
        var cancelled = executor.ExecuteAsync(new KillProcessOperation(7), Context, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task An_operation_of_ones_own_has_to_be_told()
    {
        var executor = new FakeExecutor();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await executor.ExecuteAsync(new SetModes(), Context, Token));
    }

    [Fact]
    public async Task A_journal_keeps_what_it_gets_in_order()
    {
        var journal = new CollectingJournal(_clock);
        var first = await journal.AppendAsync(new AuditRecord { Type = AuditRecordType.Intent }, AuditGuarantee.Durable);
        var second = await journal.AppendAsync(new AuditRecord { Type = AuditRecordType.Outcome }, AuditGuarantee.Written);
        Assert.Equal((0, 1), (first.AsT0.Index, second.AsT0.Index));
        Assert.Equal([AuditRecordType.Intent, AuditRecordType.Outcome], journal.Records.Select(record => record.Type));
        Assert.Equal(AuditGuarantee.Durable, journal.Entries[0].Guarantee);
    }

    [Fact]
    public async Task A_journal_that_failed_names_what_it_missed_when_it_can_be_written_again()
    {
        var journal = new CollectingJournal(_clock);
        journal.Fail("no space left");
        var refused = await journal.AppendAsync(new AuditRecord(), AuditGuarantee.Written);
        Assert.Equal("The audit journal can't be written: no space left.", Assert.IsType<AuditUnavailable>(refused.AsT1).Message);
        Assert.True((await journal.AppendAsync(new AuditRecord { Operation = Samples.Id }, AuditGuarantee.BestEffort)).IsT1);
        Assert.Empty(journal.Records);
        journal.Recover();
        Assert.Equal(1, (await journal.AppendAsync(new AuditRecord { Type = AuditRecordType.Exit }, AuditGuarantee.Written)).AsT0.Index);
        Assert.Equal((AuditRecordType.Gap, 1L), (journal.Records[0].Type, journal.Records[0].GapCount));
        Assert.Equal([Samples.Id.ToString()], journal.Records[0].GapOperations!.Value);
    }
}
