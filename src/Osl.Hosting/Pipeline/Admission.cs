namespace Osl.Hosting.Pipeline;

/// <summary>
/// Counts the operations under way. Closing admits nothing more and completes when the last one is through, so that a host can end
/// what they started after they have started it.
/// </summary>
internal sealed class Admission
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _under;
    private bool _closed;

    /// <exception cref="ObjectDisposedException">The host is being disposed.</exception>
    internal Pass Enter()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(OslHost));
            _under++;
            return new Pass(this);
        }
    }

    /// <summary>Admits nothing more; completes when nothing is under way.</summary>
    internal Task CloseAsync()
    {
        lock (_lock)
        {
            _closed = true;
            if (_under == 0)
            {
                _drained.TrySetResult();
            }
        }

        return _drained.Task;
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_under == 0 && _closed)
            {
                _drained.TrySetResult();
            }
        }
    }

    /// <summary>One operation under way.</summary>
    internal readonly struct Pass(Admission admission) : IDisposable
    {
        public void Dispose() => admission.Leave();
    }
}
