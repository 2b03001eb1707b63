namespace Osl.Supervision.Groups;

/// <summary>
/// The exits of a group, and who waits for them. Each exit goes to one waiter, in the order of the waiting; one that nobody waits for is
/// kept until somebody asks. Not thread-safe: its owner's lock guards it; waiters go on elsewhere.
/// </summary>
internal sealed class ExitQueue
{
    private readonly Queue<GroupExit> _untaken = new();
    private readonly LinkedList<TaskCompletionSource<GroupExit?>> _waiters = new();
    private TaskCompletionSource? _allEnded;

    /// <summary>Somebody has ended.</summary>
    internal void Add(GroupExit exit)
    {
        while (_waiters.First is { } waiter)
        {
            _waiters.RemoveFirst();
            if (waiter.Value.TrySetResult(exit))
            {
                return;
            }
        }

        _untaken.Enqueue(exit);
    }

    /// <summary>Nobody is left: whoever still waits has nobody to wait for.</summary>
    internal void Empty()
    {
        foreach (var waiter in _waiters)
        {
            _ = waiter.TrySetResult(null);
        }

        _waiters.Clear();
        _allEnded?.SetResult();
        _allEnded = null;
    }

    /// <summary>The next exit that nobody has taken; null when there is none.</summary>
    internal GroupExit? TryTake() => _untaken.TryDequeue(out var exit) ? exit : null;

    /// <summary>All that nobody has taken.</summary>
    internal IReadOnlyList<GroupExit> TakeAll()
    {
        GroupExit[] all = [.. _untaken];
        _untaken.Clear();
        return all;
    }

    /// <summary>Begins to wait for the next exit.</summary>
    internal LinkedListNode<TaskCompletionSource<GroupExit?>> Wait() =>
        _waiters.AddLast(new TaskCompletionSource<GroupExit?>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Waits no longer.</summary>
    /// <returns>False when the answer came at the same moment: it is the waiter's, and nobody else gets it.</returns>
    internal bool GiveUp(LinkedListNode<TaskCompletionSource<GroupExit?>> waiter)
    {
        if (waiter.List is not null)
        {
            _waiters.Remove(waiter);
        }

        return waiter.Value.TrySetCanceled();
    }

    /// <summary>Completes with <see cref="Empty"/>.</summary>
    internal Task AllEnded() => (_allEnded ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
