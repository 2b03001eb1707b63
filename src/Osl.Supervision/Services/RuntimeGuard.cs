namespace Osl.Supervision.Services;

/// <summary>
/// What a service holds to be controlled by: it keeps the messages, from the first moment on, and its
/// <see cref="RuntimeTicker"/> gives them out between two pieces of work.
/// </summary>
public sealed class RuntimeGuard : IProcessControlHandler
{
    private readonly Lock _gate = new();
    private readonly Queue<RuntimeControlMessage> _messages = new();
    private TaskCompletionSource? _wake;
    private bool _hasTicker;

    /// <summary>The handle to give to others: the guard itself.</summary>
    public IProcessControlHandler Handle => this;

    /// <summary>What takes the messages. There is one at a time; disposing it makes room for the next, as for a next run.</summary>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    public RuntimeTicker CreateTicker()
    {
        lock (_gate)
        {
            if (_hasTicker)
            {
                throw new InvalidOperationException("This guard has a ticker; dispose of that one first.");
            }

            _hasTicker = true;
        }

        return new RuntimeTicker(this);
    }

    /// <inheritdoc/>
    public Task SendAsync(RuntimeControlMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (_gate)
        {
            _messages.Enqueue(message);
            _wake?.SetResult();
            _wake = null;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_gate)
        {
            _messages.Clear();
        }
    }

    /// <summary>The next message, or what completes when there is one.</summary>
    internal RuntimeControlMessage? TryTake(out Task arrival)
    {
        lock (_gate)
        {
            if (_messages.TryDequeue(out var message))
            {
                arrival = Task.CompletedTask;
                return message;
            }

            arrival = (_wake ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return null;
        }
    }

    internal void Release()
    {
        lock (_gate)
        {
            _hasTicker = false;
        }
    }
}
