using Osl.Operations;
using Osl.Supervision.Services;

namespace Osl.Supervision.Trees;

// Scheme: what happens is told to the core (SupervisorCore) one thing at a time, in an order that all see; whoever comes while another is
// at it leaves word and goes. What the core wants done is begun then, outside of the lock, and never waited for: so no child, no slow
// executor and no listener holds up another child. adr/0048-supervisor-trees.md

/// <summary>
/// Keeps children running: starts them, starts them again by its strategy, ends their OS processes after each of their runs, and gives up
/// when that happens too often. It is a child itself: supervisors make trees, and who gives up is dealt with one level above.
/// </summary>
public sealed partial class Supervisor : IChild
{
    private readonly Lock _gate = new();
    private readonly SupervisorOptions _options;
    private readonly Func<double>? _random;
    private readonly TimeProvider _clock;
    private readonly ProcessCleanup _cleanup;
    private readonly List<ChildSpec> _specs = [];
    private readonly Queue<Action<SupervisorCore>> _inputs = new();
    private SupervisorCore _core;
    private TaskCompletionSource<SupervisorOutcome>? _run;
    private TaskCompletionSource _up = NewSignal();
    private ITimer? _together;
    private bool _isDraining;
    private bool _isToEnd;
    private int _starts;

    /// <summary>A supervisor without children.</summary>
    /// <param name="name">What it is called within another one.</param>
    /// <param name="executor">By whom its children's OS processes are ended: each time judged and recorded.</param>
    /// <param name="options">What differs from the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Supervisor(string name, IOperationExecutor executor, SupervisorOptions? options = null)
        : this(name, executor, options, random: null) { }

    internal Supervisor(string name, IOperationExecutor executor, SupervisorOptions? options, Func<double>? random)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(executor);
        Name = name;
        _options = options ?? new SupervisorOptions();
        _ = RestartPolicy.Checked(_options.Intensity, nameof(options));
        _clock = _options.TimeProvider;
        _random = random;
        _cleanup = new ProcessCleanup(executor, _clock);
        _core = new SupervisorCore(_options, random);
        Handle = new Control(this);
    }

    /// <summary>How long a child has to end unless its specification says otherwise: 5 s.</summary>
    public static TimeSpan DefaultGrace { get; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IProcessControlHandler Handle { get; }

    /// <summary>What happens in it and below, as it happens.</summary>
    public EventBroadcast<SupervisorEvent> Events { get; } = new();

    /// <summary>Completes when all children are up for the first time in this run.</summary>
    public Task Up
    {
        get
        {
            lock (_gate)
            {
                return _up.Task;
            }
        }
    }

    /// <summary>The children as they stand, in their order.</summary>
    public IReadOnlyList<ChildStatus> Children
    {
        get
        {
            (ChildSlot Slot, LifecycleState State, int Run, ChildRun? Current)[] slots;
            lock (_gate)
            {
                slots = [.. _core.Slots.Select(slot => (slot, slot.Life.State, slot.Run, slot.Current))];
            }

            return [.. slots.Select(slot => new ChildStatus(slot.Slot.Spec.Name, slot.State, slot.Run, slot.Current?.Processes() ?? []))];
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Unfinished
    {
        get
        {
            (string Name, ChildRun? Current)[] alive;
            lock (_gate)
            {
                alive = [.. _core.Slots.Where(slot => slot.IsRunning).Select(slot => (slot.Spec.Name, slot.Current))];
            }

            return alive.SelectMany(child => NamesOf(child.Name, child.Current)).ToArray();
        }
    }

    /// <summary>
    /// What somebody should look at: processes that could not be ended, children that were abandoned or were given up. Empty when all
    /// is well.
    /// </summary>
    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_gate)
            {
                return
                [
                    .. _core.Failure is { } failure ? [$"gave up on {failure}"] : Array.Empty<string>(),
                    .. _core.Survivors.Select(left => $"{left.Process} of '{left.Child}' could not be ended ({left.Problem.Code})"),
                    .. _core.UnknownStarts.Select(child => $"whether '{child}' has started a process is not known"),
                    .. _core
                        .Slots.Where(slot => slot.Life.State == LifecycleState.Abandoned)
                        .Select(slot => $"child '{slot.Spec.Name}' was abandoned and still runs"),
                    .. _core
                        .Slots.Where(slot => slot.Life.State == LifecycleState.Failed && !_core.IsStopping)
                        .Select(slot => $"child '{slot.Spec.Name}' has failed"),
                ];
            }
        }
    }

    /// <summary>Whether it has given up, could not end a process, or does not know whether it has started one.</summary>
    public bool IsBroken
    {
        get
        {
            lock (_gate)
            {
                return _core.Failure is not null || _core.Survivors.Count > 0 || _core.UnknownStarts.Count > 0;
            }
        }
    }

    /// <summary>Told of what happens, by the supervisor above.</summary>
    internal Action<SupervisorEvent>? Upwards { get; set; }

    /// <summary>The longest time that its end can take: what its children may need, one after the other where they end so, and their processes.</summary>
    internal TimeSpan LongestStop
    {
        get
        {
            (ChildSpec Spec, ChildRun? Current)[] children;
            lock (_gate)
            {
                children = [.. _core.Slots.Select(slot => (slot.Spec, slot.Current))];
            }

            // Outside of the lock: which processes there are the children's own code says.
            var each = children.Select(child =>
                (child.Current?.Grace ?? child.Spec.Grace ?? DefaultGrace)
                + ProcessCleanup.LongestOf(child.Current?.Processes() ?? [], child.Spec.Cleanup)
            );
            return _options.Strategy == RestartStrategy.OneForOne
                ? each.DefaultIfEmpty(TimeSpan.Zero).Max() + DefaultGrace
                : each.Aggregate(DefaultGrace, (sum, time) => sum + time);
        }
    }

    /// <summary>One more child: the last in the order. Started at once where the supervisor runs, else with its next run.</summary>
    /// <param name="spec">What it is.</param>
    /// <exception cref="InvalidOperationException">There is one of that name, or the supervisor is ending.</exception>
    /// <exception cref="ArgumentException">The specification's values are out of their ranges.</exception>
    public Supervisor Add(ChildSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        _ = RestartPolicy.Checked(spec.Backoff, nameof(spec));
        if (spec.Grace is { } grace && (grace < TimeSpan.Zero || grace > RestartPolicy.LongestTime))
        {
            throw new ArgumentOutOfRangeException(nameof(spec), grace, "A grace is from zero to 365 days.");
        }

        lock (_gate)
        {
            if (!IsBetweenRuns)
            {
                _core.Add(spec);
            }
            else if (_specs.Exists(other => IsNamed(other, spec.Name)))
            {
                throw SupervisorCore.NameTaken(spec.Name);
            }

            _specs.Add(spec);
        }

        // What the core wants done now.
        Post(static _ => { });
        return this;
    }

    /// <summary>Ends a child and its processes, and forgets it.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Completes when it has ended, or was abandoned; with false when there is none of that name.</returns>
    public async Task<bool> RemoveAsync(string name)
    {
        TaskCompletionSource left;
        lock (_gate)
        {
            if (_core.Slots.FirstOrDefault(slot => IsNamed(slot.Spec, name)) is not { } found)
            {
                // Added between two runs: the next one's core would have got it.
                return _specs.RemoveAll(spec => IsNamed(spec, name)) > 0;
            }

            left = found.Left ??= NewSignal();
            _specs.Remove(found.Spec);
            _inputs.Enqueue(core => core.Remove(found));
        }

        Drain();
        await left.Task.ConfigureAwait(false);
        return true;
    }

    /// <summary>Starts the children and keeps them running until it is told to shut down, or gives up.</summary>
    /// <param name="cancellationToken">Asks it to end, as a shutdown does.</param>
    /// <exception cref="InvalidOperationException">It runs already, or an abandoned child of its last run does.</exception>
    public async Task<SupervisorOutcome> RunToEndAsync(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<SupervisorOutcome> run;
        lock (_gate)
        {
            if (_run is not null)
            {
                throw new InvalidOperationException($"'{Name}' runs already.");
            }

            BeginLocked();
            run = _run = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_isToEnd)
            {
                // First, so that no child is begun only to be ended.
                _inputs.Enqueue(static core => core.Stop());
            }

            _inputs.Enqueue(static core => core.Start());
        }

        Drain();
        using var registration = cancellationToken.UnsafeRegister(static self => ((Supervisor)self!).Stop(), this);
        var outcome = await run.Task.ConfigureAwait(false);
        return outcome;
    }

    /// <inheritdoc/>
    /// <exception cref="SupervisorFailedException">It gave up, or somebody is left.</exception>
    async Task IRunnable.RunAsync(CancellationToken abandoned) => (await RunToEndAsync(abandoned).ConfigureAwait(false)).EnsureSuccess();

    /// <summary>The core is still that of the run before. Under the lock.</summary>
    private bool IsBetweenRuns => _run is null && _starts > 0;

    private static bool IsNamed(ChildSpec spec, string name) => string.Equals(spec.Name, name, StringComparison.Ordinal);

    /// <summary>Each run has a core of its own, so that nothing of the last one counts. Under the lock.</summary>
    private void BeginLocked()
    {
        if (_starts++ == 0)
        {
            return;
        }

        if (_core.Slots.FirstOrDefault(slot => slot.IsRunning) is { } alive)
        {
            throw new InvalidOperationException($"Child '{alive.Spec.Name}' still runs: it was abandoned in the run before.");
        }

        _core = new SupervisorCore(_options, _random);
        foreach (var spec in _specs)
        {
            _core.Add(spec);
        }

        _up = NewSignal();
    }

    private void Stop() => Post(static core => core.Stop());

    private static IEnumerable<string> NamesOf(string name, ChildRun? run)
    {
        try
        {
            var within = run?.Child?.Unfinished.ToArray() ?? [];
            return within.Length == 0 ? [name] : within.Select(inner => $"{name}/{inner}");
        }
        catch (Exception)
        {
            // A child that can't say who is left within is left itself: that it is named must not depend on it.
            return [name];
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
