using Osl.Executors.Stopping;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>The live view of a process that was launched, and what the host itself does about it: time limit, exit record.</summary>
internal sealed class RunningProcess : IRunningProcess
{
    private readonly HandlerServices _services;
    private readonly LaunchedProcess _launched;
    private readonly OperationScope _scope;
    private readonly SpawnProcessOperation _operation;
    private readonly TaskCompletionSource<ProcessExit> _exited = new();
    private readonly ITimer? _timeLimit;
    private volatile bool _timeLimitReached;

    internal RunningProcess(HandlerServices services, LaunchedProcess launched, OperationScope scope, SpawnProcessOperation operation)
    {
        _services = services;
        _launched = launched;
        _scope = scope;
        _operation = operation;
        services.Live.Add(this);
        if (operation.TimeLimit is { } limit)
        {
            _timeLimit = services.Time.CreateTimer(
                static state => ((RunningProcess)state!).OnTimeLimit(),
                this,
                limit,
                Timeout.InfiniteTimeSpan
            );
        }
    }

    /// <summary>Begins to wait for the end. A step of its own, so that what has to be told of the start is told before.</summary>
    internal void Observe() => _ = ObserveExitAsync();

    internal OperationId Operation => _scope.Id;

    internal int Pgid => _launched.Pgid;

    internal string? JobId => _launched.JobId;

    internal ProcessLifetime Lifetime => _operation.Lifetime;

    internal StopSequence StopSequence => _operation.StopSequence;

    public ProcessRef Process => _launched.Process;

    public GroupRef? Group => _launched.Group;

    public Stream? StandardInput => _launched.StandardInput;

    public Stream? StandardOutput => _launched.StandardOutput;

    public Stream? StandardError => _launched.StandardError;

    public Task<ProcessExit> Exited => _exited.Task;

    public Task<CapturedStreams> OutputEnded => _launched.OutputEnded;

    public void EndCapture() => _launched.EndCapture();

    public ValueTask<OneOf<StopResult, OperationError>> StopAsync(
        StopSequence? stopSequence = null,
        CancellationToken cancellationToken = default
    )
    {
        var sequence = stopSequence ?? StopSequence;
        return Group is { } group
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
    internal async Task<StopReport> EndAsync(StopSequence sequence, CancellationToken cancellationToken = default)
    {
        if (Group is { } group)
        {
            if (_services.Platform.Hold(new GroupTarget(group.Id, group)).TryPickT0(out var lease, out _))
            {
                using (lease)
                {
                    return await _services
                        .Stopping.StopAsync(new GroupStopTarget(lease), sequence, cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
        else if (_services.Platform.Hold(new ProcessTarget(Process.Pid, Process)).TryPickT0(out var lease, out _))
        {
            using (lease)
            {
                return await _services.Stopping.StopAsync(new ProcessStopTarget(lease), sequence, cancellationToken).ConfigureAwait(false);
            }
        }

        // Nobody is there to be held: it has ended meanwhile.
        return new StopReport();
    }

    /// <summary>Ends whoever the program left in a group of its own.</summary>
    internal async Task<StopReport> EndLeftoversAsync() =>
        _launched.GroupEnded.IsCompleted || Group is not { } group || group.Leader != Process
            ? new StopReport()
            : await EndAsync(StopSequence).ConfigureAwait(false);

    /// <summary>Who left the group and is alive.</summary>
    internal ValueList<ProcessRef> Escaped() =>
        Group is { } group && group.Leader == Process ? _services.Platform.Escaped(group).ToValueList() : [];

    public async ValueTask DisposeAsync()
    {
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
        if (_timeLimit is not null)
        {
            await _timeLimit.DisposeAsync().ConfigureAwait(false);
        }

        exit = exit with { TimeLimitReached = _timeLimitReached };
        _services.Live.Remove(this);
        _services.Observer.OnExited(_scope.Id, _scope.Context, exit, _launched.Pgid);
        // Last: whoever waits goes on from here, on this pool thread, and finds everything above done.
        _exited.SetResult(exit);
    }

    private void OnTimeLimit()
    {
        _timeLimitReached = true;
        _ = EndAsync(StopSequence);
    }
}
