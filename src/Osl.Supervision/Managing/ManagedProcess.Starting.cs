using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// From a start to an end.
public sealed partial class ManagedProcess
{
    /// <summary>How long the rest of an output is waited for when all that could write it should be gone.</summary>
    private static readonly TimeSpan OutputRest = TimeSpan.FromSeconds(2);

    private long _upSince;

    /// <summary>Starts it, and looks at its status for the first time. What runs already is not started again.</summary>
    /// <param name="context">On whose behalf, from now on; restarts too. Null for on whose behalf it was made.</param>
    /// <param name="cancellationToken">Ends the wait; the start goes on.</param>
    /// <returns>Its process; or why it could not be started.</returns>
    public async ValueTask<OneOf<ProcessRef, OperationError>> StartAsync(
        OperationContext? context = null,
        CancellationToken cancellationToken = default
    )
    {
        while (true)
        {
            Task<OneOf<ProcessRef, OperationError>> attempt;
            lock (_gate)
            {
                if (_loop is { State: LifecycleState.Running } && _live is { Exited.IsCompleted: false } running)
                {
                    return running.Process;
                }

                if (_loop.State == LifecycleState.Waiting)
                {
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

                attempt = _attempt.Task;
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

            attempt = _attempt.Task;
        }

        return await attempt.ConfigureAwait(false);
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

    private const string SettledCode = "process_not_restarted";

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
        _attempt = NewAttempt();
        _loop.ForgetAsk();
        _loop.Apply(LifecycleEvent.Start);
        // Not here: whoever executes operations is not called under the lock.
        _session = Task.Run(() => RunSessionAsync(number, context, taken));
        return null;
    }

    private async Task RunSessionAsync(int number, OperationContext context, IRunningProcess? taken)
    {
        var isFirst = true;
        var end = await _loop
            .RunAsync(
                () =>
                {
                    var (first, live) = (isFirst, taken);
                    (isFirst, taken) = (false, null);
                    return RunOnceAsync(context, first, live);
                },
                CancellationToken.None
            )
            .ConfigureAwait(false);
        lock (_gate)
        {
            if (number != _sessions)
            {
                return;
            }

            if (end.Reason is { } reason)
            {
                _lastEnd = new ProcessEnd(
                    _lastEnd?.Exit,
                    new OperationFailed("restarts_exhausted", $"'{Name}' was given up: {reason}.", "Find out why it ends, then start it.")
                );
            }

            _ = _attempt.TrySetResult(Settled());
        }
    }

    private OperationFailed Settled() => new(SettledCode, $"'{Name}' has ended and is not started again.", "Start it.");

    private async Task<RunEnd<ProcessEnd>> RunOnceAsync(OperationContext context, bool isFirst, IRunningProcess? taken)
    {
        lock (_gate)
        {
            if (_loop.IsToEnd)
            {
                return default;
            }
        }

        var (live, failure) = taken is null ? await SpawnAsync(context).ConfigureAwait(false) : (taken, null);
        if (live is null)
        {
            lock (_gate)
            {
                _ = _attempt.TrySetResult(failure!);
                _attempt = NewAttempt();
            }

            // Whoever has started it is told, and decides; a restart that fails is one more failure, unless something may run all the same.
            return new RunEnd<ProcessEnd>(
                Failed: true,
                new ProcessEnd(null, failure),
                IsFinal: isFirst || failure!.Effect != OperationEffect.None
            );
        }

        lock (_gate)
        {
            _live = live;
            _upSince = _manager.Time.GetTimestamp();
            StartTime = taken is null ? _manager.Time.GetUtcNow() : null;
            _loop.Apply(LifecycleEvent.Up);
            _ = _attempt.TrySetResult(live.Process);
        }

        var writing = WriteOutputAsync(live);
        await Task.WhenAny(live.Exited, _released.Task).ConfigureAwait(false);
        if (!live.Exited.IsCompleted)
        {
            return default;
        }

        var exit = await live.Exited.ConfigureAwait(false);
        var ranFor = _manager.Time.GetElapsedTime(_upSince);
        bool wasAsked;
        lock (_gate)
        {
            _attempt = NewAttempt();
            wasAsked = _loop.IsToEnd;
        }

        Observe();
        var left = await EndLeftoversAsync(live, context).ConfigureAwait(false);
        await FinishAsync(live, writing).ConfigureAwait(false);
        // How somebody else's child has ended is not told to us: it counts as a failure, so that it comes back where a failure would.
        return new RunEnd<ProcessEnd>(
            Failed: left is not null || (!wasAsked && exit.Status is not { IsSuccess: true }),
            new ProcessEnd(exit, left),
            // Beside somebody of the last run it would run twice.
            IsFinal: left is not null || Template is null,
            ranFor
        );
    }

    private async Task<(IRunningProcess? Live, OperationError? Failure)> SpawnAsync(OperationContext context)
    {
        try
        {
            var outcome = await _manager.Executor.ExecuteAsync(Template!.Spawn, context, CancellationToken.None).ConfigureAwait(false);
            return outcome.TryPickT0(out var started, out var error) ? (started.Live, null) : (null, error);
        }
        catch (ObjectDisposedException)
        {
            return (null, new OperationFailed("host_closed", $"The host of '{Name}' is closed.", "Start it under a host that is open."));
        }
    }

    /// <summary>Ends who the process has left in a group that was made for it.</summary>
    /// <returns>Why somebody may be left; null when nobody is.</returns>
    private async Task<OperationError?> EndLeftoversAsync(IRunningProcess live, OperationContext context)
    {
        if (Template is null || !live.IsGroupAlive || live.OwnGroup is not { } group)
        {
            return null;
        }

        var outcome = await _manager
            .Executor.ExecuteAsync(
                new KillProcessGroupOperation(group) { StopSequence = Template.Spawn.StopSequence.EndingWithKill() },
                context,
                CancellationToken.None
            )
            .ConfigureAwait(false);
        return outcome.TryPickT1(out var error, out _) && !IsGone(error) ? error : null;
    }

    private static bool IsGone(OperationError error) => error is NotFound or StaleProcess;

    private Task WriteOutputAsync(IRunningProcess live) =>
        Task.WhenAll(
            _options?.Output is { } output && live.StandardOutput is not null
                ? WriteAsync(live, output, errors: false)
                : Task.CompletedTask,
            _options?.Error is { } error && live.StandardError is not null ? WriteAsync(live, error, errors: true) : Task.CompletedTask
        );

    private static async Task WriteAsync(IRunningProcess live, Stream writer, bool errors)
    {
        try
        {
            await live.CopyOutputAsync(writer, errors).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or NotSupportedException)
        {
            try
            {
                // The writer, or our end of the pipe, is closed. Read on, so that the process is not held up by a pipe that nobody empties.
                await live.CopyOutputAsync(Stream.Null, errors).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException)
            {
                // Our end of the pipe it was.
            }
        }
    }

    private async Task FinishAsync(IRunningProcess live, Task writing)
    {
        try
        {
            await writing.WaitAsync(OutputRest, _manager.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Somebody who has left the group holds the pipe: what it still writes is nobody's.
        }

        await live.DisposeAsync().ConfigureAwait(false);
    }
}
