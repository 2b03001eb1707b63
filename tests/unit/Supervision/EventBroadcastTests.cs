using Osl.Supervision;
using Xunit;

namespace Osl.Tests.Unit.Supervision;

public sealed class EventBroadcastTests
{
    private readonly EventBroadcast<string> _broadcast = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_listener_gets_everything_in_order_from_when_it_listens()
    {
        using var first = _broadcast.Subscribe();
        _broadcast.Publish("a");
        using var second = _broadcast.Subscribe();
        _broadcast.Publish("b");
        _broadcast.Complete();
        Assert.Equal(["a", "b"], await ReadAsync(first));
        Assert.Equal(["b"], await ReadAsync(second));
        using var late = _broadcast.Subscribe();
        Assert.Empty(await ReadAsync(late));
    }

    [Fact]
    public async Task Who_falls_behind_is_told_how_many_were_missed_and_where()
    {
        using var slow = _broadcast.Subscribe(capacity: 2);
        using var other = _broadcast.Subscribe();
        for (var i = 0; i < 5; i++)
        {
            _broadcast.Publish($"{i}");
        }

        Assert.Equal(new Published<string>("0", 0), await slow.NextAsync(Cancelled));
        _broadcast.Publish("5");
        Assert.Equal(new Published<string>("1", 0), await slow.NextAsync(Cancelled));
        Assert.Equal(new Published<string>("5", 3), await slow.NextAsync(Cancelled));
        for (var i = 6; i < 9; i++)
        {
            _broadcast.Publish($"{i}");
        }

        Assert.Equal("6", (await slow.NextAsync(Cancelled))!.Value.Event);
        Assert.Equal("7", (await slow.NextAsync(Cancelled))!.Value.Event);
        // Nothing follows that could tell of it.
        Assert.Equal(new Published<string>(null, 1), await slow.NextAsync(Cancelled));
        _broadcast.Complete();
        Assert.Null(await slow.NextAsync(Cancelled));
        Assert.Equal(9, (await ReadAsync(other)).Count);
    }

    [Fact]
    public async Task Who_no_longer_listens_gets_nothing_and_its_reading_ends()
    {
        var gone = _broadcast.Subscribe();
        var reading = gone.NextAsync(Cancelled).AsTask();
        gone.Dispose();
        _broadcast.Publish("a");
        Assert.Null(await reading);
    }

    [Fact]
    public async Task A_cancelled_wait_loses_nothing()
    {
        using var listener = _broadcast.Subscribe();
        using var cancel = new CancellationTokenSource();
        var waiting = listener.NextAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _broadcast.Publish("a");
        Assert.Equal("a", (await listener.NextAsync(Cancelled))!.Value.Event);
    }

    [Fact]
    public async Task Of_many_publishers_every_event_is_read_or_counted()
    {
        using var listener = _broadcast.Subscribe(capacity: 16);
        var read = 0L;
        var reader = Task.Run(
            async () =>
            {
                await foreach (var (item, missed) in listener)
                {
                    read += missed + (item is null ? 0 : 1);
                }
            },
            Cancelled
        );
        await Parallel.ForAsync(
            0,
            8,
            Cancelled,
            (_, _) =>
            {
                for (var i = 0; i < 5000; i++)
                {
                    _broadcast.Publish("x");
                }

                return ValueTask.CompletedTask;
            }
        );
        _broadcast.Complete();
        await reader;
        Assert.Equal(40_000, read);
    }

    private static async Task<List<string>> ReadAsync(Subscription<string> subscription)
    {
        var read = new List<string>();
        await foreach (var item in subscription)
        {
            Assert.Equal(0, item.Missed);
            read.Add(item.Event!);
        }

        return read;
    }
}
