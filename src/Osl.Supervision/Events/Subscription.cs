using System.Runtime.CompilerServices;

namespace Osl.Supervision;

/// <summary>One listener's end of an <see cref="EventBroadcast{T}"/>. Read by one reader at a time.</summary>
/// <typeparam name="T">The kind of event.</typeparam>
public sealed class Subscription<T> : IAsyncEnumerable<Published<T>>, IDisposable
    where T : class
{
    private readonly Lock _gate = new();
    private readonly EventBroadcast<T> _broadcast;
    private readonly int _capacity;
    private readonly Queue<Published<T>> _kept = new();
    private TaskCompletionSource? _wake;
    private long _missed;
    private bool _isCompleted;

    internal Subscription(EventBroadcast<T> stream, int capacity) => (_broadcast, _capacity) = (stream, capacity);

    /// <inheritdoc/>
    public async IAsyncEnumerator<Published<T>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } item)
        {
            yield return item;
        }
    }

    /// <summary>The next event.</summary>
    /// <param name="cancellationToken">Ends the waiting; nothing is lost by it.</param>
    /// <returns>The event, or null when there will be no more.</returns>
    public async ValueTask<Published<T>?> NextAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_kept.TryDequeue(out var item))
                {
                    return item;
                }

                if (_missed > 0)
                {
                    return new Published<T>(null, Take(ref _missed));
                }

                if (_isCompleted)
                {
                    return null;
                }

                wait = (_wake ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the listening.</summary>
    public void Dispose()
    {
        _broadcast.Remove(this);
        Complete();
    }

    internal void Offer(T item)
    {
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            if (_kept.Count >= _capacity)
            {
                _missed++;
                return;
            }

            _kept.Enqueue(new Published<T>(item, Take(ref _missed)));
            Wake();
        }
    }

    internal void Complete()
    {
        lock (_gate)
        {
            _isCompleted = true;
            Wake();
        }
    }

    private void Wake()
    {
        _wake?.SetResult();
        _wake = null;
    }

    private static long Take(ref long count) => Interlocked.Exchange(ref count, 0);
}
