using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Pools;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Pools;

public sealed class ProcessPoolTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly FakeExecutor _executor = new();
    private readonly List<TaskCompletionSource<int>> _running = [];
    private readonly SemaphoreSlim _arrived = new(0);

    public ProcessPoolTests() => _executor.AnswerAsync<RunProcessOperation, RunProcessResult>(RunAsync);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _arrived.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task No_more_run_at_once_than_the_maximum_and_the_others_come_in_the_order_in_which_they_asked()
    {
        await using var pool = Pool(new() { MaxRunning = 2 });
        var asked = Enumerable.Range(0, 5).Select(i => AskAsync(pool, $"/bin/p{i}")).ToArray();
        await ArriveAsync(2);
        Assert.Equal((2, 3), (pool.Account.Running, pool.Account.Queued));
        for (var i = 0; i < 5; i++)
        {
            _running[i].SetResult(0);
            Assert.True((await asked[i]).IsT0);
            if (i < 3)
            {
                await ArriveAsync(1);
            }
        }

        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => $"/bin/p{i}"),
            _executor.CallsOf<RunProcessOperation>().Select(run => run.Spawn.Program),
            StringComparer.Ordinal
        );
        Assert.Equal((5, 5, 0), (pool.Account.Started, pool.Account.Succeeded, pool.Account.Failed));
    }

    [Fact]
    public async Task Who_finds_the_queue_full_is_told_to_come_again()
    {
        await using var pool = Pool(new() { MaxRunning = 1, MaxQueued = 1 });
        var first = AskAsync(pool);
        var second = AskAsync(pool);
        await ArriveAsync(1);
        var refused = (await AskAsync(pool)).AsT1;
        Assert.Equal(("pool_full", true, OperationEffect.None), (refused.Code, refused.Transient, refused.Effect));
        Assert.Equal(1, pool.Account.Refused);
        _running[0].SetResult(0);
        await ArriveAsync(1);
        _running[1].SetResult(0);
        Assert.True((await first).IsT0 && (await second).IsT0);
    }

    [Fact]
    public async Task No_more_are_started_in_a_window_than_the_rate_allows()
    {
        await using var pool = Pool(
            new()
            {
                MaxRunning = 10,
                MaxStarts = 2,
                RateWindow = TimeSpan.FromSeconds(1),
            }
        );
        var asked = Enumerable.Range(0, 5).Select(_ => AskAsync(pool)).ToArray();
        await ArriveAsync(2);
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal((2, 3), (pool.Account.Started, pool.Account.Queued));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await ArriveAsync(2);
        Assert.Equal((4, 1), (pool.Account.Started, pool.Account.Queued));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await ArriveAsync(1);
        Assert.Equal(TimeSpan.FromSeconds(2), pool.Account.LongestWait);
        _running.ForEach(run => run.SetResult(0));
        await Task.WhenAll(asked);
        Assert.Equal(0, _clock.WaitingTimers);
    }

    [Fact]
    public async Task A_window_may_be_a_year()
    {
        var year = TimeSpan.FromDays(365);
        await using var pool = Pool(
            new()
            {
                MaxRunning = 10,
                MaxStarts = 1,
                RateWindow = year,
            }
        );
        var asked = new[] { AskAsync(pool), AskAsync(pool) };
        await ArriveAsync(1);
        _clock.Advance(year - TimeSpan.FromTicks(1));
        Assert.Equal((1, 1), (pool.Account.Started, pool.Account.Queued));
        _clock.Advance(TimeSpan.FromTicks(1));
        await ArriveAsync(1);
        _running.ForEach(run => run.SetResult(0));
        await Task.WhenAll(asked);
    }

    [Fact]
    public async Task Who_is_cancelled_while_he_waits_leaves_the_queue()
    {
        await using var pool = Pool(new() { MaxRunning = 1 });
        using var cancelled = new CancellationTokenSource();
        var first = AskAsync(pool);
        var second = AskUntilAsync(pool, cancelled.Token);
        await ArriveAsync(1);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal((0, 1), (pool.Account.Queued, pool.Account.Withdrawn));
        _running[0].SetResult(0);
        Assert.True((await first).IsT0);
        Assert.Single(_executor.Calls);
    }

    [Fact]
    public async Task Closing_sends_away_who_waits_ends_who_runs_and_waits_for_that()
    {
        var pool = Pool(new() { MaxRunning = 1 });
        var runs = AskAsync(pool);
        var waits = AskAsync(pool);
        await ArriveAsync(1);
        await pool.DisposeAsync();
        Assert.Equal("pool_closed", (await runs).AsT1.Code);
        Assert.Equal("pool_closed", (await waits).AsT1.Code);
        Assert.Equal("pool_closed", (await AskAsync(pool)).AsT1.Code);
        Assert.Equal((0, 0, 2), (pool.Account.Running, pool.Account.Queued, pool.Account.Refused));
        Assert.Single(_executor.Calls);
    }

    [Fact]
    public async Task What_programs_have_used_is_accounted_for()
    {
        await using var pool = Pool(new() { MaxRunning = 2 });
        var one = AskAsync(pool);
        var other = AskAsync(pool);
        await ArriveAsync(2);
        _running[0].SetResult(0);
        _running[1].SetResult(7);
        await Task.WhenAll(one, other);
        var account = pool.Account;
        Assert.Equal((1, 1), (account.Succeeded, account.Failed));
        Assert.Equal((TimeSpan.FromSeconds(6), 1 << 20), (account.CpuTime, account.PeakMemory));
    }

    private ProcessPool Pool(ProcessPoolOptions options) => new(_executor, options with { TimeProvider = _clock });

    private static Task<OneOf<RunProcessResult, OperationError>> AskAsync(ProcessPool pool, string program = "/bin/program") =>
        pool.RunAsync(new RunProcessOperation(program), OperationContext.Current, Test).AsTask();

    private static Task<OneOf<RunProcessResult, OperationError>> AskUntilAsync(ProcessPool pool, CancellationToken cancelled) =>
        pool.RunAsync(new RunProcessOperation("/bin/program"), OperationContext.Current, cancelled).AsTask();

    private async Task ArriveAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _arrived.WaitAsync(Test);
        }
    }

    private async ValueTask<OneOf<RunProcessResult, OperationError>> RunAsync(
        RunProcessOperation operation,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        var end = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_running)
        {
            _running.Add(end);
        }

        _arrived.Release();
        var code = await end.Task.WaitAsync(cancellationToken);
        var process = new ProcessRef(1000, 1, "fake-boot", 0);
        var exit = new ProcessExit(process, new ExitStatus(code), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 1 << 20);
        return new RunProcessResult(process, 1000, exit, CapturedOutput.Empty, CapturedOutput.Empty);
    }
}
