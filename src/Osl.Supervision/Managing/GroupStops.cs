namespace Osl.Supervision;

/// <summary>The stops that commands have sent to the group of one run. Guarded by its owner's lock; what it tells is waited for outside of it.</summary>
internal sealed class GroupStops
{
    private TaskCompletionSource<bool>? _settled;
    private int _pending;

    /// <summary>
    /// Completes with true as soon as one of them has ended the group, whoever else still waits for an approval; with false when all have been
    /// answered and none has.
    /// </summary>
    internal Task<bool> Settled => _settled?.Task ?? Task.FromResult(false);

    /// <summary>One is about to be sent.</summary>
    internal void Sent()
    {
        if (_pending++ == 0 && _settled is not { Task: { IsCompletedSuccessfully: true, Result: true } })
        {
            _settled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>One has been answered.</summary>
    /// <param name="hasEnded">Whether nobody is left in the group.</param>
    internal void Answered(bool hasEnded)
    {
        _pending--;
        if (hasEnded || _pending == 0)
        {
            _settled!.TrySetResult(hasEnded);
        }
    }
}
