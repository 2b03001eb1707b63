namespace Osl.Supervision.Services;

/// <summary>Interleaves the work of a service with what it is told. For one caller at a time.</summary>
/// <remarks>
/// Messages come first. Work that was begun when a message came is not lost: the next tick goes on waiting for it, and begins none.
/// </remarks>
public sealed class RuntimeTicker : IDisposable
{
    private readonly RuntimeGuard _guard;
    private readonly CancellationTokenSource _disposed = new();
    private Task? _begun;

    internal RuntimeTicker(RuntimeGuard guard) => _guard = guard;

    /// <summary>The next piece of work, or the next message, whichever comes first.</summary>
    /// <param name="work">Begins a piece of work; its token is cancelled when this is disposed.</param>
    /// <param name="cancellationToken">Ends the waiting; neither work nor message is lost by it.</param>
    /// <typeparam name="T">What the work yields; the same as long as a piece of work is not done.</typeparam>
    /// <exception cref="InvalidOperationException">Work of another type is not done yet.</exception>
    public async ValueTask<Tick<T>> TickAsync<T>(Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_guard.TryTake(out var arrival) is { } message)
            {
                return new Tick<T>(message);
            }

            _begun ??= work(_disposed.Token).AsTask();
            if (_begun is not Task<T> begun)
            {
                throw new InvalidOperationException("Work that yields something else was begun and is not done yet.");
            }

            if (begun.IsCompleted)
            {
                _begun = null;
                return new Tick<T>(await begun.ConfigureAwait(false));
            }

            await Task.WhenAny(begun, arrival).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The next message.</summary>
    /// <param name="cancellationToken">Ends the waiting; no message is lost by it.</param>
    public async ValueTask<RuntimeControlMessage> NextAsync(CancellationToken cancellationToken = default)
    {
        RuntimeControlMessage? message;
        while ((message = _guard.TryTake(out var arrival)) is null)
        {
            await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return message;
    }

    /// <summary>Gives up work that is not done, and makes room for the guard's next ticker.</summary>
    public void Dispose()
    {
        if (!_disposed.IsCancellationRequested)
        {
            _disposed.Cancel();
            // Nobody asks any more how it ends.
            _ = _begun?.ContinueWith(
                static work => _ = work.Exception,
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default
            );
            _disposed.Dispose();
            _guard.Release();
        }
    }
}
