namespace Osl.Supervision;

// Constraints
//   * Whoever publishes is watching processes: no listener may hold it up, not by being slow and not by throwing.
//   * Nothing is dropped silently: a listener that has fallen behind is told how many it has missed, where they are missing.
//
// Scheme: each listener has a bounded queue of its own. When that is full, what is new is counted instead of kept; the count goes
// with the next event that fits, or alone when the listener has read all that was kept.

/// <summary>One stream of events for any number of listeners, none of which can hold up another or who publishes.</summary>
/// <typeparam name="T">The kind of event.</typeparam>
public sealed class EventBroadcast<T>
    where T : class
{
    /// <summary>How many events are kept for a listener that says nothing else: 1,024.</summary>
    public const int DefaultCapacity = 1024;

    private readonly Lock _gate = new();
    private Subscription<T>[] _subscriptions = [];
    private bool _isCompleted;

    /// <summary>Listens from now on.</summary>
    /// <param name="capacity">How many events are kept while the listener is busy; 1 or more.</param>
    /// <returns>What is read with <c>await foreach</c>, by one reader at a time; disposing it ends the listening.</returns>
    public Subscription<T> Subscribe(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        var subscription = new Subscription<T>(this, capacity);
        lock (_gate)
        {
            if (_isCompleted)
            {
                subscription.Complete();
            }
            else
            {
                _subscriptions = [.. _subscriptions, subscription];
            }
        }

        return subscription;
    }

    /// <summary>Whether anybody listens at the moment.</summary>
    internal bool IsHeard => Volatile.Read(ref _subscriptions).Length > 0;

    /// <summary>Tells all listeners; never waits for any.</summary>
    internal void Publish(T item)
    {
        // One at a time, so that all listeners see the same order.
        lock (_gate)
        {
            foreach (var subscription in _subscriptions)
            {
                subscription.Offer(item);
            }
        }
    }

    /// <summary>There will be no more: each listener ends when it has read what is kept for it.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            _isCompleted = true;
            foreach (var subscription in _subscriptions)
            {
                subscription.Complete();
            }

            _subscriptions = [];
        }
    }

    internal void Remove(Subscription<T> subscription)
    {
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions.Where(other => other != subscription)];
        }
    }
}
