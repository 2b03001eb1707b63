using Osl.Operations;

namespace Osl.Supervision.Services;

// Constraints
//   * Services are strangers' code: none is called under the lock, none can hold up another or the end of the run.
//   * A run always ends: when all have ended, or when the grace period is over after a failure or a request to end.
//
// Scheme: each service runs in a task of its own that reports its end to Ended. The lock guards states only; what happens goes
// through the one table of Lifecycle. The first failure, or a shutdown, asks all others to end and starts the timer of the grace
// period; whoever is still there then is abandoned and named. adr/0039-services.md

/// <summary>
/// Runs services together: all are started; when one fails, the others are asked to end and the run reports that failure. It is a
/// service itself, so managers nest.
/// </summary>
public sealed partial class ServiceManager : IRunnable
{
    private readonly Lock _gate = new();
    private readonly ServiceManagerOptions _options;
    private readonly List<ServiceEntry> _entries = [];
    private readonly Queue<RuntimeControlMessage> _kept = new();
    private ServiceRun? _run;

    /// <summary>A manager without services.</summary>
    /// <param name="options">What differs from the defaults.</param>
    public ServiceManager(ServiceManagerOptions? options = null)
    {
        _options = options ?? new ServiceManagerOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.ShutdownGracePeriod, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.ShutdownGracePeriod, RestartPolicy.LongestTime, nameof(options));
        Handle = new Control(this);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public IProcessControlHandler Handle { get; }

    /// <summary>What happens to the services, as it happens.</summary>
    public EventBroadcast<ServiceEvent> Events { get; } = new();

    /// <summary>The services and where each stands, in the order in which they were given.</summary>
    public IReadOnlyList<(string Service, LifecycleState State)> States
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Select(entry => (entry.Name, entry.Lifecycle.State))];
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Unfinished
    {
        get
        {
            ServiceEntry[] alive;
            lock (_gate)
            {
                alive = [.. _entries.Where(entry => entry.Lifecycle.IsAlive)];
            }

            return alive.SelectMany(NamesOf);
        }
    }

    /// <summary>One more service, before the run.</summary>
    /// <param name="service">The service.</param>
    /// <exception cref="InvalidOperationException">It runs already; use <see cref="Add"/>.</exception>
    public void Insert(IRunnable service) => Take(service, whileRunning: false);

    /// <summary>One more service, also while it runs: it is started at once then.</summary>
    /// <param name="service">The service.</param>
    /// <exception cref="InvalidOperationException">The services are being ended.</exception>
    public void Add(IRunnable service) => Take(service, whileRunning: true);

    /// <summary>Starts all services and waits until the last has ended, or was given up.</summary>
    /// <param name="cancellationToken">Asks them to end, as a shutdown does.</param>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    public async Task<ServicesOutcome> RunToEndAsync(CancellationToken cancellationToken = default)
    {
        var run = new ServiceRun();
        lock (_gate)
        {
            if (_run is not null)
            {
                throw new InvalidOperationException($"'{Name}' runs already.");
            }

            _run = run;
            var shutdown = _kept.Contains(RuntimeControlMessage.Shutdown);
            foreach (var entry in shutdown ? [] : _entries.ToArray())
            {
                Start(entry, run);
            }

            while (_kept.TryDequeue(out var message))
            {
                _ = Tell(message);
            }

            CompleteIfOver(run);
        }

        using var registration = cancellationToken.UnsafeRegister(static state => ((ServiceManager)state!).Stop(), this);
        return await run.Completion.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="ServiceFailedException">A service has failed, or did not end.</exception>
    async Task IRunnable.RunAsync(CancellationToken abandoned) => (await RunToEndAsync(abandoned).ConfigureAwait(false)).EnsureSuccess();

    private void Take(IRunnable service, bool whileRunning)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_gate)
        {
            if (_run is { } run && (!whileRunning || run.IsStopping))
            {
                throw new InvalidOperationException(
                    whileRunning ? $"'{Name}' is ending its services; it takes no more." : $"'{Name}' runs already; use {nameof(Add)}."
                );
            }

            var entry = new ServiceEntry(service);
            _entries.Add(entry);
            if (_run is not null)
            {
                Start(entry, _run);
            }
        }
    }

    /// <summary>Under the lock.</summary>
    private void Start(ServiceEntry entry, ServiceRun run)
    {
        if (run.IsStopping)
        {
            return;
        }

        if (!entry.Lifecycle.Can(LifecycleEvent.Start))
        {
            Fail(run, entry, new InvalidOperationException("It still runs: it was abandoned in the run before."));
            return;
        }

        Apply(entry, LifecycleEvent.Start);
        var abandoned = entry.Abandoned = new CancellationTokenSource();
        _ = Task.Run(() => RunAsync(entry, run, abandoned), CancellationToken.None);
    }

    private async Task RunAsync(ServiceEntry entry, ServiceRun run, CancellationTokenSource abandoned)
    {
        Exception? error = null;
        try
        {
            if (entry.HasRun)
            {
                entry.Service.Handle.Reset();
            }

            entry.HasRun = true;
            Up(entry);
            await entry.Service.RunAsync(abandoned.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (abandoned.IsCancellationRequested)
        {
            // It ends after all.
        }
        catch (Exception e)
        {
            error = e;
        }

        // The source is not disposed of: whoever abandons the service may be about to cancel it, and it holds nothing.
        Ended(entry, run, error);
    }

    /// <summary>From now on it can be told something: what was said meanwhile first.</summary>
    private void Up(ServiceEntry entry)
    {
        lock (_gate)
        {
            Apply(entry, LifecycleEvent.Up);
            while (entry.Pending.TryDequeue(out var message))
            {
                _ = Tell(entry, message);
            }
        }
    }

    private void Ended(ServiceEntry entry, ServiceRun run, Exception? error)
    {
        lock (_gate)
        {
            var wasAbandoned = entry.Lifecycle.State == LifecycleState.Abandoned;
            entry.Abandoned = null;
            entry.Pending.Clear();
            Apply(entry, error is null ? LifecycleEvent.Down : LifecycleEvent.Fault, error);
            if (_options.AutoCleanup)
            {
                _entries.Remove(entry);
            }

            if (error is not null && !wasAbandoned)
            {
                Fail(run, entry, error);
            }

            CompleteIfOver(run);
        }
    }

    /// <summary>Under the lock.</summary>
    private void Fail(ServiceRun run, ServiceEntry entry, Exception error)
    {
        run.Failure ??= new ServiceFailure(entry.Name, error);
        Stop(run);
    }

    private void Stop()
    {
        lock (_gate)
        {
            if (_run is { } run)
            {
                Stop(run);
                CompleteIfOver(run);
            }
        }
    }

    /// <summary>Under the lock.</summary>
    private void Stop(ServiceRun run)
    {
        if (run.IsStopping)
        {
            return;
        }

        run.IsStopping = true;
        run.Grace = _options.TimeProvider.CreateTimer(_ => GraceOver(run), null, _options.ShutdownGracePeriod);
        foreach (var entry in _entries.Where(entry => entry.Lifecycle.State is LifecycleState.Starting or LifecycleState.Running))
        {
            _ = Tell(entry, RuntimeControlMessage.Shutdown);
            Apply(entry, LifecycleEvent.Stop);
        }
    }

    private void GraceOver(ServiceRun run)
    {
        var abandoned = new List<ServiceEntry>();
        lock (_gate)
        {
            if (_run != run)
            {
                return;
            }

            run.IsGraceOver = true;
            foreach (var entry in _entries.Where(entry => entry.Lifecycle.State == LifecycleState.Stopping))
            {
                Apply(entry, LifecycleEvent.GraceOver);
                abandoned.Add(entry);
            }
        }

        // Outside of the lock: names and cancellations are the services' own code.
        var names = abandoned.SelectMany(NamesOf).ToArray();
        lock (_gate)
        {
            Complete(run, names);
        }

        foreach (var entry in abandoned)
        {
            CancellationTokenSource? source;
            lock (_gate)
            {
                source = entry.Abandoned;
            }

            // Not waited for: what is registered there may hang as the service does.
            _ = source?.CancelAsync();
        }
    }

    /// <summary>Under the lock.</summary>
    private void CompleteIfOver(ServiceRun run)
    {
        if (_run == run && !run.IsGraceOver && !_entries.Any(entry => entry.Lifecycle.IsAwaited))
        {
            Complete(run, []);
        }
    }

    /// <summary>Under the lock.</summary>
    private void Complete(ServiceRun run, IReadOnlyList<string> abandoned)
    {
        if (_run == run)
        {
            _run = null;
            run.Grace?.Dispose();
            run.Completion.SetResult(new ServicesOutcome(run.Failure, abandoned));
        }
    }

    private void Apply(ServiceEntry entry, LifecycleEvent what, Exception? error = null)
    {
        var before = entry.Lifecycle.State;
        if (entry.Lifecycle.Apply(what))
        {
            Events.Publish(new ServiceEvent(entry.Name, before, entry.Lifecycle.State, _options.TimeProvider.GetUtcNow(), error));
        }
    }

    private static IEnumerable<string> NamesOf(ServiceEntry entry)
    {
        try
        {
            var within = entry.Service.Unfinished.ToArray();
            return within.Length == 0 ? [entry.Name] : within.Select(inner => $"{entry.Name}/{inner}");
        }
        catch (Exception)
        {
            // A service that can't say who is left within is left itself: that it is named must not depend on it.
            return [entry.Name];
        }
    }
}
