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
        bool isOver;
        lock (_gate)
        {
            _asks += counts ? 1 : 0;
            isOver = !_loop.IsAwaited && _loop.State != LifecycleState.Abandoned;
            (attempt, session, number, start) = (_attempt.Task, _session, _sessions, _start);
            if (!isOver)
            {
                _pendingAsks++;
                _loop.AskToEnd();
                if (_loop.State is LifecycleState.Starting or LifecycleState.Running)
                {
                    _loop.Apply(LifecycleEvent.Stop);
                }
            }
        }

        if (isOver)
        {
            return await EndWhoIsLeftAsync(sequence, context ?? _context, cancellationToken).ConfigureAwait(false);
        }

        Ending? ending = null;
        var isAccepted = false;
        try
        {
            await TakeBackAsync(start).ConfigureAwait(false);
            if (Reachable() is null)
            {
                // Who comes up all the same is ended then; what waits for a restart ends its session.
                await Task.WhenAny(attempt, session).ConfigureAwait(false);
            }

            if (Reachable() is { } live && !IsBeingEnded(live, sequence))
            {
                ending = await SendAsync(live, sequence, context ?? _context, cancellationToken).ConfigureAwait(false);
            }

            // Gone is what was wanted; who survived was told to end, and is not to come back when it does.
            isAccepted = ending?.Problem is null or StopFailed or { Effect: not OperationEffect.None };
        }
        finally
        {
            // Whatever else went wrong once it was told: that it ends can't be relied on.
            Settle(number, isAccepted, isSurvived: isAccepted && ending?.Problem is not (null or StopFailed { Interrupted: true }));
        }

        if (ending?.Problem is { } problem)
        {
            return problem;
        }

        // A signal may not even end it; what has no process is over at once.
        if (!waits && Reachable() is not null)
        {
            return null;
        }

        await session.WaitAsync(cancellationToken).ConfigureAwait(false);
        // Who has just been refused is not asked for once more.
        return ending is { Escaped: var escaped } && escaped.Any(one => one.Problem is not null)
            ? WhoIsLeft()
            : await EndWhoIsLeftAsync(sequence, context ?? _context, cancellationToken).ConfigureAwait(false) ?? UnknownStart(number);
    }

    /// <summary>The run that is on its way, while somebody of it can be signalled: its process, or whoever that has left in its group.</summary>
    private IRunningProcess? Reachable()
    {
        lock (_gate)
        {
            return _current is { } run && IsReachable(run) ? run : null;
        }
    }

    /// <summary>Whether the session does just this already, with whoever the process has left: not everybody is signalled twice.</summary>
    private bool IsBeingEnded(IRunningProcess live, StopSequence? sequence) =>
        live.Exited.IsCompleted
        && LeavesGroup(live)
        && (sequence is null || sequence.EndingWithKill() == Template!.Spawn.StopSequence.EndingWithKill());

    /// <summary>Of a start that was taken back, and of which nobody knows whether its program runs.</summary>
    private OperationError? UnknownStart(int number)
    {
        lock (_gate)
        {
            return number == _sessions && _lastEnd is { Exit: null, Error: { Effect: OperationEffect.Unknown } unknown } ? unknown : null;
        }
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

    private async Task<Ending> SendAsync(
        IRunningProcess live,
        StopSequence? sequence,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        // Of somebody else's process the group is not ours to end.
        var group = Template is null ? null : live.OwnGroup;
        if (sequence is not null)
        {
            return await StopRunAsync(live, group, sequence, context, cancellationToken).ConfigureAwait(false);
        }

        var signal = (Template?.Spawn.StopSequence ?? StopSequence.Default).Steps is { Count: > 0 } steps
            ? steps[0].Signal
            : Signal.Terminate;
        var operation = group is null ? new ProcessSignalOperation(live.Process, signal) : ProcessSignalOperation.ForGroup(group, signal);
        var sent = await _manager.Executor.ExecuteAsync(operation, context, cancellationToken).ConfigureAwait(false);
        return Ending.Of(sent.TryPickT1(out var refused, out _) ? refused : null);
    }
}
