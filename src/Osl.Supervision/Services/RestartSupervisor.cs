namespace Osl.Supervision.Services;

/// <summary>
/// Keeps one service running: when it fails, or ends unasked, a new one is made and started by a <see cref="RestartPolicy"/>. A
/// service itself; it fails when the policy gives up.
/// </summary>
public sealed class RestartSupervisor : IRunnable
{
    private readonly Lock _gate = new();
    private readonly Func<IRunnable> _factory;
    private readonly RestartPolicy _policy;
    private readonly TimeProvider _clock;
    private readonly Func<double>? _random;
    private readonly Queue<RuntimeControlMessage> _kept = new();
    private readonly Lifecycle _life = new();
    private IRunnable? _child;
    private TaskCompletionSource? _awake;
    private bool _shutdown;

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
        _policy = RestartPolicy.Checked(policy ?? RestartPolicy.OnFailure, nameof(policy));
        _clock = clock ?? TimeProvider.System;
        _random = random;
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
                return _life.State;
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
    public async Task RunAsync(CancellationToken abandoned)
    {
        var tracker = new RestartTracker(_policy, _clock, _random);
        Apply(LifecycleEvent.Start);
        try
        {
            while (true)
            {
                var started = _clock.GetTimestamp();
                var error = await RunOnceAsync(abandoned).ConfigureAwait(false);
                if (IsToEnd(error))
                {
                    return;
                }

                var decision = tracker.Ended(error is not null, _clock.GetElapsedTime(started));
                if (decision.Verdict == RestartVerdict.Done)
                {
                    Apply(LifecycleEvent.Down);
                    return;
                }

                if (decision.Verdict == RestartVerdict.Failed)
                {
                    Apply(LifecycleEvent.Fault, error);
                    throw GivenUp(error, decision.Reason);
                }

                if (!await WaitAsync(decision.Delay, error, abandoned).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        finally
        {
            lock (_gate)
            {
                _shutdown = false;
            }
        }
    }

    /// <summary>Makes a service and runs it to its end.</summary>
    /// <returns>What it has thrown; null when it ended well.</returns>
    private async Task<Exception?> RunOnceAsync(CancellationToken abandoned)
    {
        try
        {
            var child = _factory() ?? throw new InvalidOperationException($"The factory of '{Name}' made nothing.");
            List<RuntimeControlMessage> messages;
            lock (_gate)
            {
                if (_shutdown)
                {
                    return null;
                }

                _child = child;
                messages = [.. _kept];
                _kept.Clear();
                ApplyLocked(LifecycleEvent.Up, null);
            }

            foreach (var message in messages)
            {
                await child.Handle.SendAsync(message).ConfigureAwait(false);
            }

            await child.RunAsync(abandoned).ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
        finally
        {
            lock (_gate)
            {
                _child = null;
            }
        }
    }

    /// <summary>Whether it was asked to end, and has.</summary>
    private bool IsToEnd(Exception? error)
    {
        lock (_gate)
        {
            if (!_shutdown)
            {
                return false;
            }

            ApplyLocked(LifecycleEvent.Stop, null);
            ApplyLocked(error is null ? LifecycleEvent.Down : LifecycleEvent.Fault, error);
            return error is null ? true : throw GivenUp(error, null);
        }
    }

    /// <returns>Whether it goes on; false when it was asked to end meanwhile.</returns>
    private async Task<bool> WaitAsync(TimeSpan delay, Exception? error, CancellationToken abandoned)
    {
        using var delayed = CancellationTokenSource.CreateLinkedTokenSource(abandoned);
        var awake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ApplyLocked(LifecycleEvent.Again, error);
            _awake = awake;
            if (_shutdown)
            {
                awake.SetResult();
            }
        }

        await Task.WhenAny(Task.Delay(delay, _clock, delayed.Token), awake.Task).ConfigureAwait(false);
        await delayed.CancelAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _awake = null;
            var goesOn = !_shutdown && !abandoned.IsCancellationRequested;
            ApplyLocked(goesOn ? LifecycleEvent.Retry : LifecycleEvent.Stop, null);
            return goesOn;
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
                _shutdown = true;
                _awake?.TrySetResult();
            }
            else if (child is null && message != RuntimeControlMessage.Reload)
            {
                // The next service reads its configuration anyway; of other messages none is lost.
                _kept.Enqueue(message);
            }
        }

        if (child is not null)
        {
            await child.Handle.SendAsync(message).ConfigureAwait(false);
        }
    }

    private void Apply(LifecycleEvent what, Exception? error = null)
    {
        lock (_gate)
        {
            ApplyLocked(what, error);
        }
    }

    private void ApplyLocked(LifecycleEvent what, Exception? error)
    {
        var before = _life.State;
        if (_life.Apply(what))
        {
            Events.Publish(new ServiceEvent(Name, before, _life.State, _clock.GetUtcNow(), error));
        }
    }

    private sealed class Control(RestartSupervisor supervisor) : IProcessControlHandler
    {
        public Task SendAsync(RuntimeControlMessage message) => supervisor.SendAsync(message);

        public void Reset()
        {
            lock (supervisor._gate)
            {
                supervisor._shutdown = false;
                supervisor._kept.Clear();
            }
        }
    }
}
