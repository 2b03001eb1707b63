using Osl.Executors.Stopping;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>
/// The live view of a process that was launched or attached to, and what the host itself does about it: time limit, exit record.
/// </summary>
internal sealed class RunningProcess : IRunningProcess
{
    private const int Attempts = 200;
    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(50);

    private readonly HandlerServices _services;
    private readonly LaunchedProcess _launched;
    private readonly OperationScope _scope;
    private readonly SpawnProcessOperation? _spawn;
    private readonly TaskCompletionSource<ProcessExit> _exited = new();
    private readonly ITimer? _timeLimit;
    private volatile bool _timeLimitReached;
    private volatile bool _isDetached;
    private volatile Task<StopReport>? _ending;

    internal RunningProcess(HandlerServices services, LaunchedProcess launched, OperationScope scope, SpawnProcessOperation operation)
    {
        _services = services;
        _launched = launched;
        _scope = scope;
        _spawn = operation;
        _isDetached = operation.Lifetime == ProcessLifetime.Detached;
        StopSequence = operation.StopSequence;
        services.Live.Add(this);
        if (launched is { StandardOutput: not null, Terminal: null })
        {
            services.Live.AddOutput(this);
        }

        if (operation.TimeLimit is { } limit)
        {
            _timeLimit = services.Time.CreateTimer(static state => ((RunningProcess)state!).OnTimeLimit(), this, limit);
        }
    }

    internal RunningProcess(HandlerServices services, LaunchedProcess attached, OperationScope scope, AttachProcessOperation operation)
    {
        _services = services;
        _launched = attached;
        _scope = scope;
        _isDetached = operation.Lifetime == ProcessLifetime.Detached;
        StopSequence = operation.StopSequence;
        services.Live.Add(this);
    }

    /// <summary>Begins to wait for the end. A step of its own, so that what has to be told of the start is told before.</summary>
    internal void Observe() => _ = ObserveExitAsync();

    internal OperationId Operation => _scope.Id;

    internal Principal Principal => _scope.Context.Principal;

    internal int Pgid => _launched.Pgid;

    internal string? JobId => _launched.JobId;

    internal ProcessLifetime Lifetime => _isDetached ? ProcessLifetime.Detached : ProcessLifetime.Managed;

    /// <summary>A run, whose end somebody waits for.</summary>
    internal bool IsRun { get; init; }

    /// <summary>The group that was made for it. One that it joined is not its own to end.</summary>
    public GroupRef? OwnGroup => Group is { } group && group.Leader == Process ? group : null;

    internal StopSequence StopSequence { get; }

    public ProcessRef Process => _launched.Process;

    public GroupRef? Group => _launched.Group;

    public Stream? StandardInput => _launched.StandardInput;

    public Stream? StandardOutput => _launched.StandardOutput;

    public Stream? StandardError => _launched.StandardError;

    public Task<ProcessExit> Exited => _exited.Task;

    public Task? GroupEnded => OwnGroup is null ? null : _launched.GroupEnded;

    public Task<CapturedStreams> OutputEnded => _launched.OutputEnded;

    public void EndCapture() => _launched.EndCapture();

    public ValueTask<OneOf<StopResult, OperationError>> StopAsync(
        StopSequence? stopSequence = null,
        CancellationToken cancellationToken = default
    )
    {
        var sequence = stopSequence ?? StopSequence;
        return OwnGroup is { } group
            ? _scope.Executor.ExecuteAsync(
                new KillProcessGroupOperation(group) { StopSequence = sequence },
                _scope.ChildContext,
                cancellationToken
            )
            : _scope.Executor.ExecuteAsync(
                new KillProcessOperation(Process) { StopSequence = sequence },
                _scope.ChildContext,
                cancellationToken
            );
    }

    /// <summary>
    /// Ends it without asking the policy again: for what the operation itself said (its time limit, its cancellation) and for the
    /// end of the host. Its exit record tells.
    /// </summary>
    /// <remarks>
    /// Where it can't be held or looked at for lack of descriptors, it is tried again for a while: nobody but the guardian else will end it. Then
    /// the report has the error.
    /// </remarks>
    internal async Task<StopReport> EndAsync(StopSequence sequence, CancellationToken cancellationToken = default)
    {
        for (var left = Attempts; ; left--)
        {
            var report = await TryEndAsync(sequence, cancellationToken).ConfigureAwait(false);
            if (report.Error is not { Transient: true } || left == 0)
            {
                return report;
            }

            await Task.Delay(TryAgain, _services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return report;
            }
        }
    }

    private async Task<StopReport> TryEndAsync(StopSequence sequence, CancellationToken cancellationToken)
    {
        OperationError? unheld;
        if (OwnGroup is { } group)
        {
            if (_services.Platform.Hold(new GroupTarget(group.Id, group)).TryPickT0(out var lease, out unheld))
            {
                using (lease)
                {
                    return await _services
                        .Stopping.StopAsync(new GroupStopTarget(lease), sequence, cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
        else if (_services.Platform.Hold(new ProcessTarget(Process.Pid, Process)).TryPickT0(out var lease, out unheld))
        {
            using (lease)
            {
                return await _services.Stopping.StopAsync(new ProcessStopTarget(lease), sequence, cancellationToken).ConfigureAwait(false);
            }
        }

        // Mostly nobody is there to be held: it has ended meanwhile.
        return unheld.IsGone() ? new StopReport() : new StopReport { Error = unheld };
    }

    /// <summary>
    /// Ends whoever the program left in a group of its own. When the caller gives up meanwhile, at once: a run that is cancelled leaves
    /// nobody behind.
    /// </summary>
    internal async Task<StopReport> EndLeftoversAsync(CancellationToken cancellationToken)
    {
        if (_ending is { } ending)
        {
            // The time limit has begun to end them: a second sequence beside it would signal everybody twice.
            _ = await ending.ConfigureAwait(false);
        }

        if (_launched.GroupEnded.IsCompleted || OwnGroup is null)
        {
            return new StopReport();
        }

        var report = await EndAsync(StopSequence.EndingWithKill(), cancellationToken).ConfigureAwait(false);
        return cancellationToken.IsCancellationRequested
            ? await EndAsync(StopSequence.Immediate, CancellationToken.None).ConfigureAwait(false)
            : report;
    }

    /// <summary>Why it can't be released; null when it can. What may not be Detached from its start can't become so either.</summary>
    internal OperationError? WhyNotReleased()
    {
        if (_spawn is null || _isDetached)
        {
            return null;
        }

        if (IsRun)
        {
            return CanNot("somebody waits for the end of its run", "Start it by a spawn instead.");
        }

        // In its group it stays, whether it has joined that or not.
        var detached = _spawn with
        {
            Lifetime = ProcessLifetime.Detached,
            ProcessGroup = ProcessGroupConfig.Inherit,
        };
        return ProcessOperationKinds.Spawn.Validate(detached) is { Count: > 0 } failures
            ? CanNot(
                string.Join(" ", failures).TrimEnd('.'),
                "Start it with its output inherited, discarded or in a file that is not rotated, without a terminal of its own and a time limit."
            )
            : null;
    }

    /// <summary>Makes it Detached.</summary>
    /// <returns>Whether it was Managed until now; or why it still is.</returns>
    internal OneOf<bool, OperationError> Release()
    {
        // There are thousands of these: a lock of its own would be one more object each.
        lock (_exited)
        {
            if (_isDetached)
            {
                return false;
            }

            if (_launched.Keeper.Detach() is { } refused)
            {
                return refused;
            }

            _isDetached = true;
            return true;
        }
    }

    private Unsupported CanNot(string why, string instead) => new($"releasing process {Process.Pid}: {why}", instead);

    /// <summary>Who left the group and is alive.</summary>
    internal ValueList<ProcessRef> Escaped() => OwnGroup is { } group ? _services.Platform.Escaped(group).ToValueList() : [];

    public OperationError? ResizeTerminal(TerminalSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        return _launched.Terminal is null
                ? new Unsupported("resizing the terminal of a process that has none of ours", "Start it with a terminal (WithTerminal).")
            : size.Columns is < 1 or > TerminalSize.Largest || size.Rows is < 1 or > TerminalSize.Largest
                ? new ValidationFailed([$"A terminal has 1 to {TerminalSize.Largest} columns and rows."])
            : _launched.Terminal.Resize(size);
    }

    public async ValueTask DisposeAsync()
    {
        _services.Live.RemoveOutput(this);
        _launched.Terminal?.Dispose();
        foreach (var stream in new[] { StandardInput, StandardOutput, StandardError })
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task ObserveExitAsync()
    {
        var exit = await _launched.Exited.ConfigureAwait(false);
        exit = exit with { TimeLimitReached = _timeLimitReached };
        try
        {
            if (_timeLimit is not null)
            {
                await _timeLimit.DisposeAsync().ConfigureAwait(false);
            }

            _services.Observer.OnExited(_scope.Id, _scope.Context, exit, _launched.Pgid);
        }
        finally
        {
            // Last, and whatever an observer did: whoever waits goes on from here, on this pool thread.
            _exited.SetResult(exit);
        }

        // Its group may outlive it, and counts as Managed until nobody is left.
        await _launched.GroupEnded.ConfigureAwait(false);
        _services.Live.Remove(this);
        if (OwnGroup is { } group)
        {
            _services.Observer.OnGroupEnded(_scope.Id, _scope.Context, group);
        }
    }

    private void OnTimeLimit()
    {
        _timeLimitReached = true;
        _ending = EndAsync(StopSequence.EndingWithKill());
    }
}
