using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Pools;

// Scheme: a ticket for each run that was asked for. The lock guards the queue, the count of those that run and the times of the last
// starts; whoever changes one of them lets in whoever may run now. There is one timer at most: for the moment when the rate allows the
// next start. First come, first served, whoever asks.

/// <summary>
/// Runs programs, so many at once and so many a second; the others wait in a queue that is bounded, so that who asks too much is told so
/// instead of being kept. Thread-safe.
/// </summary>
public sealed class ProcessPool : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly IOperationExecutor _executor;
    private readonly ProcessPoolOptions _options;
    private readonly TimeProvider _clock;
    private readonly LinkedList<Ticket> _queue = new();
    private readonly Queue<long> _starts = new();
    private readonly CancellationTokenSource _closing = new();
    private ProcessPoolAccount _account = new(0, 0, 0, 0, 0, 0, 0, TimeSpan.Zero, 0, TimeSpan.Zero);
    private ITimer? _timer;
    private TaskCompletionSource? _empty;
    private bool _isClosed;

    /// <summary>A pool in which nothing runs.</summary>
    /// <param name="executor">By whom programs are run, each judged and recorded.</param>
    /// <param name="options">What differs from the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public ProcessPool(IOperationExecutor executor, ProcessPoolOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(executor);
        _executor = executor;
        _options = options ?? new ProcessPoolOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxRunning, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(_options.MaxQueued, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxStarts ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_options.RateWindow, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.RateWindow, RestartPolicy.LongestTime, nameof(options));
        _clock = _options.TimeProvider;
    }

    /// <summary>What it has done.</summary>
    public ProcessPoolAccount Account
    {
        get
        {
            lock (_gate)
            {
                return _account with { Queued = _queue.Count };
            }
        }
    }

    /// <summary>Runs a program when its turn has come.</summary>
    /// <param name="operation">What is run.</param>
    /// <param name="context">On whose behalf.</param>
    /// <param name="cancellationToken">Takes it out of the queue; once it runs, as <see cref="IOperationExecutor.ExecuteAsync"/> says.</param>
    /// <returns>The result; else the executor's error, <c>pool_full</c> (which may succeed later) or <c>pool_closed</c>.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is left running.</exception>
    public async ValueTask<OneOf<RunProcessResult, OperationError>> RunAsync(
        RunProcessOperation operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        var ticket = new Ticket(_clock.GetTimestamp());
        lock (_gate)
        {
            if (_isClosed)
            {
                return RefuseLocked(Closed());
            }

            if (_queue.Count >= _options.MaxQueued && !MayStartLocked())
            {
                return RefuseLocked(Full());
            }

            ticket.Node = _queue.AddLast(ticket);
            LetInLocked();
        }

        using (cancellationToken.UnsafeRegister(state => Withdraw((Ticket)state!), ticket))
        {
            if (!await ticket.Turn.Task.ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                return Closed();
            }
        }

        return await RunNowAsync(operation, context, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes nothing more, sends away who waits, ends what runs by its stop sequence, and waits for that.</summary>
    public async ValueTask DisposeAsync()
    {
        Task empty;
        lock (_gate)
        {
            _isClosed = true;
            while (_queue.First is { } first)
            {
                _queue.Remove(first);
                _account = _account with { Refused = _account.Refused + 1 };
                first.Value.Turn.TrySetResult(false);
            }

            _timer?.Dispose();
            _timer = null;
            empty = _account.Running == 0 ? Task.CompletedTask : (_empty ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await empty.ConfigureAwait(false);
    }

    private async ValueTask<OneOf<RunProcessResult, OperationError>> RunNowAsync(
        RunProcessOperation operation,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        OneOf<RunProcessResult, OperationError>? outcome = null;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            outcome = await _executor.ExecuteAsync(operation, context, either.Token).ConfigureAwait(false);
            return outcome.Value;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && _closing.IsCancellationRequested)
        {
            return Closed() with { Effect = OperationEffect.Happened };
        }
        finally
        {
            End(outcome);
        }
    }

    private void End(OneOf<RunProcessResult, OperationError>? outcome)
    {
        var run = outcome is { } known
            ? known.TryPickT0(out var result, out var error)
                ? result
                : (error as TimedOut)?.Partial as RunProcessResult
            : null;
        lock (_gate)
        {
            var succeeded = outcome is { IsT0: true } && run!.ExitStatus.IsSuccess;
            _account = _account with
            {
                Running = _account.Running - 1,
                Succeeded = _account.Succeeded + (succeeded ? 1 : 0),
                Failed = _account.Failed + (succeeded ? 0 : 1),
                CpuTime = _account.CpuTime + (run is null ? TimeSpan.Zero : run.Exit.UserTime + run.Exit.SystemTime),
                PeakMemory = Math.Max(_account.PeakMemory, run?.Exit.PeakMemory ?? 0),
            };
            LetInLocked();
            if (_account.Running == 0)
            {
                _empty?.TrySetResult();
            }
        }
    }

    private void Withdraw(Ticket ticket)
    {
        lock (_gate)
        {
            // Else its turn has come already.
            if (ticket.Node!.List is not null)
            {
                _queue.Remove(ticket.Node);
                _account = _account with { Withdrawn = _account.Withdrawn + 1 };
                ticket.Turn.TrySetResult(false);
            }
        }
    }

    /// <summary>Lets in who may run now; where only the rate is in the way, says when to look again.</summary>
    private void LetInLocked()
    {
        while (_queue.First is { } first && MayStartLocked())
        {
            _queue.Remove(first);
            var waited = _clock.GetElapsedTime(first.Value.AskedAt);
            _account = _account with
            {
                Running = _account.Running + 1,
                Started = _account.Started + 1,
                LongestWait = waited > _account.LongestWait ? waited : _account.LongestWait,
            };
            if (_options.MaxStarts is not null)
            {
                _starts.Enqueue(_clock.GetTimestamp());
            }

            first.Value.Turn.TrySetResult(true);
        }

        if (_queue.Count > 0 && _account.Running < _options.MaxRunning && !_isClosed)
        {
            _timer ??= _clock.CreateTimer(static pool => ((ProcessPool)pool!).LookAgain(), this, UntilRate());
        }
    }

    private void LookAgain()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            LetInLocked();
        }
    }

    private bool MayStartLocked() => !_isClosed && _account.Running < _options.MaxRunning && UntilRate() <= TimeSpan.Zero;

    /// <summary>How long until the rate allows one more start.</summary>
    private TimeSpan UntilRate()
    {
        while (_starts.TryPeek(out var oldest) && _clock.GetElapsedTime(oldest) >= _options.RateWindow)
        {
            _starts.Dequeue();
        }

        return _options.MaxStarts is { } most && _starts.Count >= most
            ? _options.RateWindow - _clock.GetElapsedTime(_starts.Peek())
            : TimeSpan.Zero;
    }

    private OneOf<RunProcessResult, OperationError> RefuseLocked(OperationError error)
    {
        _account = _account with { Refused = _account.Refused + 1 };
        return error;
    }

    private OperationFailed Full() =>
        new(
            "pool_full",
            $"{_options.MaxRunning} programs may run at once, and {_options.MaxQueued} are waiting already.",
            "Ask again later, or give the pool a longer queue."
        )
        {
            Transient = true,
        };

    private static OperationFailed Closed() => new("pool_closed", "The pool is closed.", "Ask a pool that is open.");

    private sealed class Ticket(long askedAt)
    {
        internal long AskedAt => askedAt;

        internal LinkedListNode<Ticket>? Node { get; set; }

        /// <summary>Whether it may run; false when it may not any more.</summary>
        internal TaskCompletionSource<bool> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
