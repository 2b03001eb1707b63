using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// How it is told to end, and other signals.
public sealed partial class ManagedProcess
{
    /// <summary>
    /// Sends the first signal of its stop sequence, SIGTERM as a rule, to it and its group, and does not wait: it may go on. It is not
    /// started again when it ends.
    /// </summary>
    /// <param name="context">On whose behalf; null for on whose behalf it was made.</param>
    /// <param name="cancellationToken">Ends the wait for the operation.</param>
    /// <returns>Null when it was sent, or nothing runs; else why not, and it counts as running.</returns>
    public ValueTask<OperationError?> StopAsync(OperationContext? context = null, CancellationToken cancellationToken = default) =>
        EndAsync(sequence: null, waits: false, context, counts: true, cancellationToken);

    /// <summary>
    /// Ends it, and all of its group, by a stop sequence, and waits until nobody of it is alive. A start that is still under way, and may be
    /// waiting for an approval, is taken back.
    /// </summary>
    /// <param name="sequence">How; null for the one it was made with, SIGTERM, 10 s, SIGKILL as a rule.</param>
    /// <param name="context">On whose behalf; null for on whose behalf it was made.</param>
    /// <param name="cancellationToken">Sends nothing more.</param>
    /// <returns>Null when it has ended; else who survived, or why nothing was sent.</returns>
    public ValueTask<OperationError?> StopAndWaitAsync(
        StopSequence? sequence = null,
        OperationContext? context = null,
        CancellationToken cancellationToken = default
    ) => EndAsync(sequence ?? Template?.Spawn.StopSequence ?? StopSequence.Default, waits: true, context, counts: true, cancellationToken);

    /// <summary>SIGKILL to it and its group; waits until nobody is alive, and gives free what was held for it.</summary>
    /// <param name="context">On whose behalf; null for on whose behalf it was made.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null when it has ended; else who survived, or why nothing was sent.</returns>
    public ValueTask<OperationError?> KillAsync(OperationContext? context = null, CancellationToken cancellationToken = default) =>
        EndAsync(StopSequence.Immediate, waits: true, context, counts: true, cancellationToken);

    /// <summary>
    /// Sends it a signal; its group does not get it. One that ends it is no stop: its policy says whether it is started again.
    /// </summary>
    /// <param name="signal">The signal.</param>
    /// <param name="context">On whose behalf; null for on whose behalf it was made.</param>
    /// <param name="cancellationToken">Ends the wait for the operation.</param>
    /// <returns>Null when it was sent; else why not.</returns>
    public async ValueTask<OperationError?> SignalAsync(
        Signal signal,
        OperationContext? context = null,
        CancellationToken cancellationToken = default
    )
    {
        if (Alive() is not { } live)
        {
            return NotRunning();
        }

        var outcome = await _manager
            .Executor.ExecuteAsync(new ProcessSignalOperation(live.Process, signal), context ?? _context, cancellationToken)
            .ConfigureAwait(false);
        return outcome.TryPickT1(out var error, out _) ? error : null;
    }

    private IRunningProcess? Alive()
    {
        lock (_gate)
        {
            return _live is { Exited.IsCompleted: false } ? _live : null;
        }
    }

    /// <param name="sequence">How; null for one signal, the first of its own sequence.</param>
    /// <param name="waits">Whether its end is waited for.</param>
    /// <param name="context">On whose behalf.</param>
    /// <param name="counts">Whether a restart that is under way gives way to it.</param>
    /// <param name="cancellationToken">The caller's.</param>
    private async ValueTask<OperationError?> EndAsync(
        StopSequence? sequence,
        bool waits,
        OperationContext? context,
        bool counts,
        CancellationToken cancellationToken
    )
    {
        Task attempt;
        Task session;
        int number;
        CancellationTokenSource? start;
        lock (_gate)
        {
            _asks += counts ? 1 : 0;
            if (!_loop.IsAwaited && _loop.State != LifecycleState.Abandoned)
            {
                return null;
            }

            _pendingAsks++;
            (attempt, session, number, start) = (_attempt.Task, _session, _sessions, _start);
            _loop.AskToEnd();
            if (_loop.State is LifecycleState.Starting or LifecycleState.Running)
            {
                _loop.Apply(LifecycleEvent.Stop);
            }
        }

        OperationError? error = null;
        var isAccepted = false;
        try
        {
            await TakeBackAsync(start).ConfigureAwait(false);
            // Who comes up all the same is ended then; what waits for a restart ends its session.
            await Task.WhenAny(attempt, session).ConfigureAwait(false);
            error = Alive() is { } live
                ? await SendAsync(live, sequence, context ?? _context, cancellationToken).ConfigureAwait(false)
                : null;
            // Gone is what was wanted; who survived was told to end, and is not to come back when it does.
            isAccepted = error is null or StopFailed or { Effect: not OperationEffect.None } || error.IsGone();
        }
        finally
        {
            Settle(number, isAccepted, isSurvived: error is StopFailed { Interrupted: false });
        }

        if (!isAccepted || error is StopFailed)
        {
            return error;
        }

        // A signal may not even end it; what has no process is over at once.
        if (waits || Alive() is null)
        {
            await session.WaitAsync(cancellationToken).ConfigureAwait(false);
            // Somebody whom the process has left, and who could not be ended.
            return LastError is StopFailed left ? left : null;
        }

        return null;
    }

    private static async Task TakeBackAsync(CancellationTokenSource? start)
    {
        try
        {
            await (start?.CancelAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It has come to something just now.
        }
    }

    private void Settle(int number, bool isAccepted, bool isSurvived)
    {
        lock (_gate)
        {
            if (number != _sessions)
            {
                return;
            }

            _pendingAsks--;
            _isAskAccepted |= isAccepted;
            if (_pendingAsks == 0 && !_isAskAccepted)
            {
                _loop.ForgetAsk();
                if (_loop.State == LifecycleState.Stopping)
                {
                    _loop.Apply(LifecycleEvent.Refused);
                }
            }
            else if (isSurvived && _loop.State == LifecycleState.Stopping)
            {
                _loop.Apply(LifecycleEvent.GraceOver);
            }
        }
    }

    private async Task<OperationError?> SendAsync(
        IRunningProcess live,
        StopSequence? sequence,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        var executor = _manager.Executor;
        // Of somebody else's process the group is not ours to end.
        var group = Template is null ? null : live.OwnGroup;
        if (sequence is null)
        {
            var signal = (Template?.Spawn.StopSequence ?? StopSequence.Default).Steps is { Count: > 0 } steps
                ? steps[0].Signal
                : Signal.Terminate;
            var operation = group is null
                ? new ProcessSignalOperation(live.Process, signal)
                : ProcessSignalOperation.ForGroup(group, signal);
            var sent = await executor.ExecuteAsync(operation, context, cancellationToken).ConfigureAwait(false);
            return sent.TryPickT1(out var refused, out _) ? refused : null;
        }

        var ended = group is null
            ? await executor
                .ExecuteAsync(new KillProcessOperation(live.Process) { StopSequence = sequence }, context, cancellationToken)
                .ConfigureAwait(false)
            : await executor
                .ExecuteAsync(new KillProcessGroupOperation(group) { StopSequence = sequence }, context, cancellationToken)
                .ConfigureAwait(false);
        return ended.TryPickT1(out var error, out _) ? error : null;
    }
}
