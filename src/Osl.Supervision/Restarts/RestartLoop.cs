using Osl.Operations;

namespace Osl.Supervision;

/// <summary>How one run of something has ended.</summary>
/// <param name="Failed">Whether that was a failure.</param>
/// <param name="Detail">What is known of it.</param>
/// <param name="IsFinal">Whether it is not to be started again whatever the policy says.</param>
/// <param name="RanFor">How long it ran; null for all of the time since the start was begun.</param>
internal readonly record struct RunEnd<T>(bool Failed, T? Detail, bool IsFinal = false, TimeSpan? RanFor = null)
    where T : class;

/// <summary>How the last run has ended, after which there is no other.</summary>
/// <param name="Failed">Whether it was given up, or its last end was a failure.</param>
/// <param name="Detail">What is known of the last end.</param>
/// <param name="Reason">Which bound of the policy was exceeded; null when none was.</param>
internal readonly record struct LoopEnd<T>(bool Failed, T? Detail, string? Reason)
    where T : class;

/// <summary>
/// Keeps one thing running by a <see cref="RestartPolicy"/>: its states, its waits, its budget. What it is that runs, and the lock that
/// guards all this, are its owner's: services (<see cref="Services.RestartSupervisor"/>) and processes (<see cref="ManagedProcess"/>).
/// </summary>
/// <param name="gate">The owner's lock.</param>
/// <param name="policy">When it is started again.</param>
/// <param name="clock">The clock of the waits.</param>
/// <param name="random">For the jitter; null for the system's.</param>
/// <param name="changed">Told of every change of state, under the lock.</param>
/// <typeparam name="T">What is known of an end.</typeparam>
internal sealed class RestartLoop<T>(
    Lock gate,
    RestartPolicy policy,
    TimeProvider clock,
    Func<double>? random,
    Action<LifecycleState, LifecycleState, T?> changed
)
    where T : class
{
    private readonly Lifecycle _life = new();
    private TaskCompletionSource? _awake;
    private bool _isStartWanted;

    /// <summary>Where it stands. Read under the lock.</summary>
    internal LifecycleState State => _life.State;

    /// <summary>Whether who waits for its end waits longer. Read under the lock.</summary>
    internal bool IsAwaited => _life.IsAwaited;

    /// <summary>Whether it was asked to end. Read under the lock.</summary>
    internal bool IsToEnd { get; private set; }

    /// <summary>How often it was started again since it was last started by somebody.</summary>
    internal long Restarts { get; private set; }

    /// <summary>Under the lock.</summary>
    internal void Apply(LifecycleEvent what, T? detail = null)
    {
        var before = _life.State;
        if (_life.Apply(what))
        {
            changed(before, _life.State, detail);
        }
    }

    /// <summary>Under the lock: its next end is the last, and a wait is over now.</summary>
    internal void AskToEnd()
    {
        IsToEnd = true;
        _awake?.TrySetResult();
    }

    /// <summary>Under the lock: nobody has asked it to end.</summary>
    internal void ForgetAsk() => IsToEnd = false;

    /// <summary>Under the lock: a wait is over now, or as soon as it begins, and it is started.</summary>
    internal void StartNow()
    {
        _isStartWanted = true;
        _awake?.TrySetResult();
    }

    /// <summary>Runs it until the policy, or somebody, says no more. Its owner has applied <see cref="LifecycleEvent.Start"/>.</summary>
    /// <param name="once">One run, to its end; applies <see cref="LifecycleEvent.Up"/>, and does not throw.</param>
    /// <param name="abandoned">Ends a wait.</param>
    internal async Task<LoopEnd<T>> RunAsync(Func<Task<RunEnd<T>>> once, CancellationToken abandoned)
    {
        var tracker = new RestartTracker(policy, clock, random);
        Restarts = 0;
        while (true)
        {
            lock (gate)
            {
                _isStartWanted = false;
            }

            var started = clock.GetTimestamp();
            var end = await once().ConfigureAwait(false);
            Task wait;
            lock (gate)
            {
                if (IsToEnd)
                {
                    Apply(LifecycleEvent.Stop);
                    Apply(end.Failed ? LifecycleEvent.Fault : LifecycleEvent.Down, end.Detail);
                    return new LoopEnd<T>(end.Failed, end.Detail, null);
                }

                var decision = end.IsFinal
                    ? new RestartDecision(end.Failed ? RestartVerdict.Failed : RestartVerdict.Done)
                    : tracker.Ended(end.Failed, end.RanFor ?? clock.GetElapsedTime(started));
                if (decision.Verdict != RestartVerdict.Restart)
                {
                    var failed = decision.Verdict == RestartVerdict.Failed;
                    Apply(failed ? LifecycleEvent.Fault : LifecycleEvent.Down, end.Detail);
                    return new LoopEnd<T>(failed, end.Detail, decision.Reason);
                }

                Restarts = tracker.Restarts;
                // The wait has begun when somebody hears of it.
                _awake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _isStartWanted ? Task.CompletedTask : WaitAsync(decision.Delay, _awake.Task, abandoned);
                Apply(LifecycleEvent.Again, end.Detail);
            }

            await wait.ConfigureAwait(false);
            lock (gate)
            {
                _awake = null;
                if (IsToEnd || abandoned.IsCancellationRequested)
                {
                    Apply(LifecycleEvent.Stop);
                    return new LoopEnd<T>(false, end.Detail, null);
                }

                Apply(LifecycleEvent.Retry);
            }
        }
    }

    private async Task WaitAsync(TimeSpan delay, Task awake, CancellationToken abandoned)
    {
        using var delayed = CancellationTokenSource.CreateLinkedTokenSource(abandoned);
        await Task.WhenAny(clock.DelayAsync(delay, delayed.Token), awake).ConfigureAwait(false);
        await delayed.CancelAsync().ConfigureAwait(false);
    }
}
