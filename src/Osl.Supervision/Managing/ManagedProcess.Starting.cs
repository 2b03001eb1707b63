using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// From a start to an end.
public sealed partial class ManagedProcess
{
    private const string SettledCode = "process_not_restarted";

    /// <summary>Starts it, and looks at its status for the first time. What runs already is not started again.</summary>
    /// <param name="context">On whose behalf, from now on; restarts too. Null for on whose behalf it was made.</param>
    /// <param name="cancellationToken">Ends the wait; the start goes on.</param>
    /// <returns>Its process; or why it could not be started.</returns>
    public async ValueTask<OneOf<ProcessRef, OperationError>> StartAsync(
        OperationContext? context = null,
        CancellationToken cancellationToken = default
    )
    {
        int? asks = null;
        while (true)
        {
            Task<OneOf<ProcessRef, OperationError>> attempt;
            lock (_gate)
            {
                if ((asks ??= _asks) != _asks)
                {
                    // Whoever has stopped it meanwhile was told that it has ended.
                    return TakenBack();
                }

                if (_loop is { State: LifecycleState.Running } && _live is { Exited.IsCompleted: false } running)
                {
                    return running.Process;
                }

                // Waiting to be started again, or about to: its process has ended.
                if (_loop.State is LifecycleState.Waiting or LifecycleState.Running)
                {
                    // Who starts it now is whom the next run is for, not who has started it before.
                    _context = context ?? _context;
                    _loop.StartNow();
                }
                else if (!_loop.IsAwaited && Begin(context ?? _context, taken: null) is { } refused)
                {
                    return refused;
                }
                else if (_loop.State == LifecycleState.Stopping)
                {
                    return new OperationFailed("process_stopping", $"'{Name}' is being ended.", "Wait until it has ended, then start it.");
                }

                attempt = NextAttempt();
            }

            var outcome = await attempt.WaitAsync(cancellationToken).ConfigureAwait(false);
            // It had ended just as it was to be started, and its policy says no more: the start is a new one.
            if (!outcome.TryPickT1(out var error, out _) || error is not OperationFailed { HandlerCode: SettledCode })
            {
                return outcome;
            }
        }
    }

    /// <summary>
    /// Ends it by its stop sequence, by force if it has to be, and starts it again; starts it when it does not run. If somebody stops it
    /// meanwhile, it is not started. Who asks while another restart is under way gets that one's answer.
    /// </summary>
    /// <param name="context">On whose behalf; null for on whose behalf it was made.</param>
    /// <param name="cancellationToken">Ends the wait; the restart goes on.</param>
    public async ValueTask<OneOf<ProcessRef, OperationError>> RestartAsync(
        OperationContext? context = null,
        CancellationToken cancellationToken = default
    )
    {
        Task<OneOf<ProcessRef, OperationError>> restart;
        lock (_gate)
        {
            if (Template is null)
            {
                return NoCommand();
            }

            var (sequence, asks, by) = (Template.Spawn.StopSequence.EndingWithKill(), _asks, context ?? _context);
            restart = _restart = _restart is { IsCompleted: false } other ? other : Task.Run(() => RestartAsync(sequence, asks, by));
        }

        return await restart.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<OneOf<ProcessRef, OperationError>> RestartAsync(StopSequence sequence, int asks, OperationContext context)
    {
        if (await EndAsync(sequence, waits: true, context, counts: false, CancellationToken.None).ConfigureAwait(false) is { } error)
        {
            return error;
        }

        Task<OneOf<ProcessRef, OperationError>> attempt;
        lock (_gate)
        {
            if (_asks != asks)
            {
                return new OperationFailed("process_stopped", $"'{Name}' was ended by somebody else meanwhile.", "Start it.");
            }

            // Somebody may have started it in between: then that is the restart.
            if (!_loop.IsAwaited && Begin(context, taken: null) is { } refused)
            {
                return refused;
            }

            attempt = NextAttempt();
        }

        return await attempt.ConfigureAwait(false);
    }

    /// <summary>Under the lock: what becomes of the start that is under way, or comes next. That of a process that has ended is over.</summary>
    private Task<OneOf<ProcessRef, OperationError>> NextAttempt()
    {
        if (_attempt.Task.IsCompleted && _loop.IsAwaited && _live is { Exited.IsCompleted: true })
        {
            _attempt = NewAttempt();
        }

        return _attempt.Task;
    }

    /// <summary>Takes a process up that runs already, in place of its first start.</summary>
    internal OperationError? TakeUp(IRunningProcess live)
    {
        lock (_gate)
        {
            return Begin(_context, live);
        }
    }

    /// <summary>Waits until the start that is under way has come to something.</summary>
    internal Task<OneOf<ProcessRef, OperationError>> UpAsync()
    {
        lock (_gate)
        {
            return _attempt.Task;
        }
    }

    private Unsupported NoCommand() =>
        new($"starting '{Name}', which was attached to: its command is not known", "Make a process with a command of its own.");

    /// <summary>Under the lock: a new session.</summary>
    private OperationError? Begin(OperationContext context, IRunningProcess? taken)
    {
        if (taken is null && Template is null)
        {
            return NoCommand();
        }

        if (_loop.State == LifecycleState.Abandoned)
        {
            return new OperationFailed(
                "process_abandoned",
                $"'{Name}' still runs: it did not end when it was told to.",
                "End it first (KillAsync), or find out what it hangs in."
            );
        }

        if (WhyLeft() is { } left)
        {
            return new OperationFailed(
                "process_left",
                $"Somebody is left of the last run of '{Name}' and was not ended ({left.Code}): {left.Message}",
                "End them first (StopAndWaitAsync, KillAsync), or restart it, which does. Who may not be ended so, end yourself."
            );
        }

        if (_manager.IsClosed || _released.Task.IsCompleted)
        {
            return new OperationFailed("manager_closed", $"'{Name}' is managed no longer.", "Make it anew, in a manager that is open.");
        }

        // Who waits for the session before is not to wait for this one unknowingly.
        _ = _attempt.TrySetResult(Settled());
        var number = ++_sessions;
        _context = context;
        _pendingAsks = 0;
        _isAskAccepted = false;
        _lastEnd = null;
        _left = null;
        _attempt = NewAttempt();
        _loop.ForgetAsk();
        _loop.Apply(LifecycleEvent.Start);
        // Not here: whoever executes operations is not called under the lock.
        _session = Task.Run(() => RunSessionAsync(number, taken));
        return null;
    }

    private OperationFailed Settled() => new(SettledCode, $"'{Name}' has ended and is not started again.", "Start it.");
}
