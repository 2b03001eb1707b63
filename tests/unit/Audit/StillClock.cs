namespace Osl.Tests.Unit.Audit;

/// <summary>A clock that stands still, with one timer that a test fires by hand.</summary>
internal sealed class StillClock : TimeProvider
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action? _callback;

    public TimeSpan DueTime { get; private set; }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(50);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _callback = () => callback(state);
        return new HandTimer(this);
    }

    public void Reached() => _reached.TrySetResult();

    public Task WaitUntilReached() => _reached.Task;

    public void Fire() => _callback!();

    private sealed class HandTimer(StillClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.DueTime = dueTime;
            return true;
        }

        public void Dispose() { }

        public ValueTask DisposeAsync() => default;
    }
}
