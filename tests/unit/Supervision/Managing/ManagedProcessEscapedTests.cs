using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Managing;

/// <summary>Somebody whom a managed process has started and who has left its group.</summary>
public sealed class ManagedProcessEscapedTests : ProcessManagerTest
{
    private static readonly ProcessRef Escaped = new(77, 1, "boot", 0);

    private static Denied No => new("rule", "because", "ask");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_left_its_group_is_killed_by_itself(bool isStopped)
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        System.Escaped.Add(Escaped);
        if (isStopped)
        {
            Assert.Null(await process.StopAndWaitAsync(cancellationToken: Cancelled));
        }
        else
        {
            System.Last.HasLeftovers = true;
            System.Last.Exit(0);
            await process.WaitForEndAsync(Cancelled);
        }

        Assert.Equal(77, Assert.Single(System.Executor.CallsOf<KillProcessOperation>()).Target.Pid);
        Assert.Empty(System.Escaped);
        Assert.Null(process.LastError);
    }

    [Fact]
    public async Task Who_has_left_its_group_and_can_not_be_ended_is_named()
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        await process.StartAsync(cancellationToken: Cancelled);
        System.Escaped.Add(Escaped);
        System.OnGroupKill = kill =>
        {
            // Of the group only.
            System.ProcessEndFails = () => new Denied("rule", "because", "ask");
            return Task.CompletedTask;
        };
        var error = await process.StopAndWaitAsync(cancellationToken: Cancelled);
        Assert.Equal("process_left", error?.Code);
        Assert.Contains(": 77 (denied)", error!.Message, StringComparison.Ordinal);
        await process.WaitForEndAsync(Cancelled);
        Assert.Single(System.All);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_left_its_group_and_can_not_be_ended_counts_as_left_until_he_has_ended(bool isStopped)
    {
        var process = Make(new ProcessOptions { Restart = RestartPolicy.Always });
        await LeaveAsync(process, isStopped);
        Assert.Equal((LifecycleState.Failed, "process_left", true), (process.State, process.LastError?.Code, process.MayBeAlive));
        var refused = (await process.StartAsync(cancellationToken: Cancelled)).AsT1;
        Assert.Equal(("process_left", OperationEffect.None), (refused.Code, refused.Effect));
        Assert.Contains(" 77 ", refused.Message, StringComparison.Ordinal);
        // Each asks for it again, and is told.
        Assert.Equal("process_left", (await process.RestartAsync(cancellationToken: Cancelled)).AsT1.Code);
        Assert.Equal("process_left", (await process.StopAsync(cancellationToken: Cancelled))?.Code);
        var kills = System.Executor.Calls.Where(call => call.Operation is KillProcessOperation).ToList();
        Assert.Equal(3, kills.Count);
        Assert.All(kills, kill => Assert.Equal(System.Last.Group!.Operation, kill.Context.Parent));
        Assert.Single(System.All);

        System.ProcessEndFails = () => null;
        Assert.True((await process.RestartAsync(cancellationToken: Cancelled)).IsT0);
        Assert.Empty(System.Escaped);
        Assert.Null(process.LastError);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_left_its_group_and_was_ended_by_somebody_else_is_not_left(bool isStopped)
    {
        var process = Make();
        await LeaveAsync(process, isStopped);
        System.Escaped.Clear();
        Assert.Equal((null, false), (process.LastError, process.MayBeAlive));
        Assert.True((await process.StartAsync(cancellationToken: Cancelled)).IsT0);
    }

    [Fact]
    public async Task After_the_end_of_its_manager_who_has_left_its_group_may_be_alive()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        System.Escaped.Add(Escaped);
        System.ProcessEndFails = () => No;
        await Manager.DisposeAsync();
        Assert.True(process.MayBeAlive);
        System.Escaped.Clear();
        Assert.False(process.MayBeAlive);
    }

    [Fact]
    public async Task Who_has_left_its_group_counts_as_left_while_his_end_is_waited_for()
    {
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        System.Escaped.Add(Escaped);
        var approved = new TaskCompletionSource();
        System.Executor.AnswerAsync<KillProcessOperation, StopResult>(
            async (_, _, _) =>
            {
                await approved.Task;
                System.Escaped.Clear();
                return new StopResult(77, IsGroup: false, 1, 1, 1);
            }
        );
        var stop = process.StopAndWaitAsync(cancellationToken: Cancelled).AsTask();
        await Until.TrueAsync(() => Clock.WaitingTimers == 2);
        Clock.Advance(TimeSpan.FromSeconds(2));
        await process.WaitForEndAsync(Cancelled);
        Assert.True(process.MayBeAlive);
        Assert.Contains("not answered yet", process.LastError!.Message, StringComparison.Ordinal);
        Assert.Equal("process_left", (await process.StartAsync(cancellationToken: Cancelled)).AsT1.Code);
        approved.SetResult();
        Assert.Null(await stop);
        Assert.True((await process.StartAsync(cancellationToken: Cancelled)).IsT0);
    }

    [Fact]
    public async Task Who_has_left_its_group_is_killed_even_if_somebody_in_it_survives()
    {
        System.MindsTerminate = false;
        var process = Make();
        var group = (await process.StartAsync(cancellationToken: Cancelled)).AsT0;
        System.Escaped.Add(Escaped);
        var sequence = new StopSequence { Steps = [new StopStep(Signal.Terminate, TimeSpan.FromSeconds(1))] };
        Assert.Equal([group], Assert.IsType<StopFailed>(await process.StopAndWaitAsync(sequence, cancellationToken: Cancelled)).Survivors);
        var kill = Assert.Single(System.Executor.Calls, call => call.Operation is KillProcessOperation);
        Assert.Equal(System.Last.Group!.Operation, kill.Context.Parent);
        Assert.Empty(System.Escaped);
    }

    [Fact]
    public async Task A_caller_who_waits_no_longer_ends_nobody_who_has_left_its_group()
    {
        using var enough = new CancellationTokenSource();
        var process = Make();
        await process.StartAsync(cancellationToken: Cancelled);
        System.Escaped.Add(Escaped);
        System.Executor.AnswerAsync<KillProcessOperation, StopResult>(
            async (_, _, cancelled) =>
            {
                await enough.CancelAsync();
                return await Until.CancelledAsync<StopResult>(cancelled);
            }
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            process.StopAndWaitAsync(cancellationToken: enough.Token).AsTask().WaitAsync(Bound, Cancelled)
        );
        await process.WaitForEndAsync(Cancelled);
        Assert.Contains("(end_interrupted)", process.LastError?.Message, StringComparison.Ordinal);
    }

    /// <summary>It ends, and 77 does not, whom its policy saves.</summary>
    private async Task LeaveAsync(ManagedProcess process, bool isStopped)
    {
        await process.StartAsync(cancellationToken: Cancelled);
        System.Escaped.Add(Escaped);
        System.ProcessEndFails = () => No;
        if (isStopped)
        {
            Assert.Equal("process_left", (await process.StopAndWaitAsync(cancellationToken: Cancelled))?.Code);
        }
        else
        {
            System.Last.HasLeftovers = true;
            System.Last.Exit(0);
            await process.WaitForEndAsync(Cancelled);
        }

        Assert.Single(System.Executor.CallsOf<KillProcessOperation>());
    }
}
