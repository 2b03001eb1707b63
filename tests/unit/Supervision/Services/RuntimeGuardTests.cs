using Osl.Supervision.Services;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Services;

public sealed class RuntimeGuardTests
{
    private readonly RuntimeGuard _guard = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_said_before_there_is_a_ticker_is_kept_and_comes_first()
    {
        await _guard.Handle.ReloadAsync();
        await _guard.Handle.SendAsync(new RuntimeControlMessage.Custom("hello"));
        await _guard.Handle.ShutdownAsync();
        using var ticker = _guard.CreateTicker();
        var first = await ticker.TickAsync(_ => ValueTask.FromResult(1), Cancelled);
        Assert.True(first.IsReload);
        var second = await ticker.TickAsync(_ => ValueTask.FromResult(1), Cancelled);
        Assert.Equal("hello", Assert.IsType<RuntimeControlMessage.Custom>(second.Control).Payload);
        Assert.True((await ticker.TickAsync(_ => ValueTask.FromResult(1), Cancelled)).IsShutdown);
        var work = await ticker.TickAsync(_ => ValueTask.FromResult(7), Cancelled);
        Assert.Equal((null, 7), (work.Control, work.Value));
    }

    [Fact]
    public async Task Work_that_a_message_interrupts_is_neither_lost_nor_begun_twice()
    {
        using var ticker = _guard.CreateTicker();
        var work = new TaskCompletionSource<string>();
        var begun = 0;
        ValueTask<string> Begin(CancellationToken _)
        {
            begun++;
            return new ValueTask<string>(work.Task);
        }

        var tick = ticker.TickAsync(Begin, Cancelled).AsTask();
        await _guard.Handle.ReloadAsync();
        Assert.True((await tick).IsReload);
        tick = ticker.TickAsync(Begin, Cancelled).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => ticker.TickAsync(_ => ValueTask.FromResult(1), Cancelled).AsTask());
        work.SetResult("done");
        Assert.Equal("done", (await tick).Value);
        Assert.Equal(1, begun);
    }

    [Fact]
    public async Task Work_that_fails_fails_the_tick_and_the_next_one_begins_anew()
    {
        using var ticker = _guard.CreateTicker();
        await Assert.ThrowsAsync<TimeoutException>(() =>
            ticker.TickAsync<int>(_ => ValueTask.FromException<int>(new TimeoutException()), Cancelled).AsTask()
        );
        Assert.Equal(3, (await ticker.TickAsync(_ => ValueTask.FromResult(3), Cancelled)).Value);
    }

    [Fact]
    public async Task There_is_one_ticker_at_a_time_and_another_after_it()
    {
        var first = _guard.CreateTicker();
        Assert.Throws<InvalidOperationException>(() => _guard.CreateTicker());
        var token = CancellationToken.None;
        var tick = first.TickAsync(
            async cancelled =>
            {
                token = cancelled;
                await Task.Delay(Timeout.Infinite, cancelled);
                return 0;
            },
            Cancelled
        );
        await _guard.Handle.ShutdownAsync();
        Assert.True((await tick).IsShutdown);
        first.Dispose();
        first.Dispose();
        Assert.True(token.IsCancellationRequested);
        using var second = _guard.CreateTicker();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => first.TickAsync(_ => ValueTask.FromResult(1), Cancelled).AsTask());
    }

    [Fact]
    public async Task What_was_said_to_the_run_before_can_be_forgotten()
    {
        await _guard.Handle.ShutdownAsync();
        _guard.Handle.Reset();
        using var ticker = _guard.CreateTicker();
        Assert.Equal(1, (await ticker.TickAsync(_ => ValueTask.FromResult(1), Cancelled)).Value);
    }
}
