namespace Osl.Supervision.Services;

/// <summary>
/// Keeps one service running: when it fails, or ends unasked, a new one is made and started by a <see cref="RestartPolicy"/>. A
/// service itself; it fails when the policy gives up.
/// </summary>
public sealed class RestartSupervisor : IRunnable
{
    private readonly Lock _gate = new();
    private readonly Func<IRunnable> _factory;
    private readonly TimeProvider _clock;
    private readonly List<RuntimeControlMessage> _kept = [];
    private readonly RestartLoop<Exception> _loop;
    private IRunnable? _child;
    private bool _isRunning;

    /// <summary>Keeps services of one make running.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="factory">Makes a service for each start: one that has failed is never used again.</param>
    /// <param name="policy">When and how often; null for <see cref="RestartPolicy.OnFailure"/>.</param>
    /// <param name="clock">The clock of its waits; null for the system's.</param>
    /// <exception cref="ArgumentException">The policy's values are out of their ranges.</exception>
    public RestartSupervisor(string name, Func<IRunnable> factory, RestartPolicy? policy = null, TimeProvider? clock = null)
        : this(name, factory, policy, clock, random: null) { }

    internal RestartSupervisor(string name, Func<IRunnable> factory, RestartPolicy? policy, TimeProvider? clock, Func<double>? random)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(factory);
        Name = name;
        _factory = factory;
        _clock = clock ?? TimeProvider.System;
        _loop = new RestartLoop<Exception>(
            _gate,
            RestartPolicy.Checked(policy ?? RestartPolicy.OnFailure, nameof(policy)),
            _clock,
            random,
            (before, after, error) => Events.Publish(new ServiceEvent(Name, before, after, _clock.GetUtcNow(), error))
        );
        Handle = new Control(this);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IProcessControlHandler Handle { get; }

    /// <summary>Where it stands; <see cref="LifecycleState.Waiting"/> between two starts.</summary>
    public LifecycleState State
    {
        get
        {
            lock (_gate)
            {
                return _loop.State;
            }
        }
    }

    /// <summary>What happens to it, as it happens.</summary>
    public EventBroadcast<ServiceEvent> Events { get; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Unfinished
    {
        get
        {
            IRunnable? child;
            lock (_gate)
            {
                child = _child;
            }

            return child?.Unfinished ?? [];
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ServiceFailedException">The policy has given up; the last failure is within.</exception>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    public async Task RunAsync(CancellationToken abandoned)
    {
        lock (_gate)
        {
            if (_isRunning)
            {
                throw new InvalidOperationException($"'{Name}' runs already.");
            }

            _loop.Apply(LifecycleEvent.Start);
            _isRunning = true;
        }

        try
        {
            var end = await _loop.RunAsync(() => RunOnceAsync(abandoned), abandoned).ConfigureAwait(false);
            if (end.Failed)
            {
                throw GivenUp(end.Detail, end.Reason);
            }
        }
        finally
        {
            lock (_gate)
            {
                _isRunning = false;
                _loop.ForgetAsk();
            }
        }
    }

    /// <summary>Makes a service and runs it to its end.</summary>
    /// <returns>What it has thrown, or that it ended well.</returns>
    private async Task<RunEnd<Exception>> RunOnceAsync(CancellationToken abandoned)
    {
        try
        {
            lock (_gate)
            {
                // Its configuration is read from here on. A reload that comes while it is being made may be news to it.
                _kept.RemoveAll(message => message == RuntimeControlMessage.Reload);
            }

            var child = _factory() ?? throw new InvalidOperationException($"The factory of '{Name}' made nothing.");
            List<RuntimeControlMessage> messages;
            lock (_gate)
            {
                if (_loop.IsToEnd)
                {
                    return default;
                }

                _child = child;
                messages = [.. _kept];
                _kept.Clear();
                _loop.Apply(LifecycleEvent.Up);
            }

            foreach (var message in messages)
            {
                await child.Handle.SendAsync(message).ConfigureAwait(false);
            }

            await child.RunAsync(abandoned).ConfigureAwait(false);
            return default;
        }
        catch (Exception e)
        {
            return new RunEnd<Exception>(Failed: true, e);
        }
        finally
        {
            lock (_gate)
            {
                _child = null;
            }
        }
    }

    private ServiceFailedException GivenUp(Exception? error, string? reason)
    {
        var cause = error ?? new InvalidOperationException("It ended though nobody had asked it to.");
        return new ServiceFailedException(
            new ServicesOutcome(
                new ServiceFailure(
                    Name,
                    reason is null ? cause : new InvalidOperationException($"{reason}; at last: {cause.Message}", cause)
                ),
                []
            )
        );
    }

    private async Task SendAsync(RuntimeControlMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        IRunnable? child;
        lock (_gate)
        {
            child = _child;
            if (message == RuntimeControlMessage.Shutdown)
            {
                _loop.AskToEnd();
            }
            else if (child is null)
            {
                _kept.Add(message);
            }
        }

        if (child is not null)
        {
            await child.Handle.SendAsync(message).ConfigureAwait(false);
        }
    }

    private sealed class Control(RestartSupervisor supervisor) : IProcessControlHandler
    {
        public Task SendAsync(RuntimeControlMessage message) => supervisor.SendAsync(message);

        public void Reset()
        {
            lock (supervisor._gate)
            {
                supervisor._loop.ForgetAsk();
                supervisor._kept.Clear();
            }
        }
    }
}
