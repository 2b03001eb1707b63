using System.Diagnostics.CodeAnalysis;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Services;

namespace Osl.Supervision.Trees;

/// <summary>
/// A child that is one OS process. It starts it and waits for its end; ending it is left to its supervisor, which ends what a child names
/// after each of its runs. It fails when the process does not exit with 0.
/// </summary>
internal sealed class ProcessChild(
    string name,
    IOperationExecutor executor,
    SpawnProcessOperation operation,
    OperationContext context,
    ProcessKeeper keeper
) : IChild
{
    private readonly Control _control = new();
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IRunningProcess? _live;

    public string Name => name;

    public IProcessControlHandler Handle => _control;

    public Task Up => _up.Task;

    public IReadOnlyList<ChildProcessInfo> ChildProcesses =>
        _live is not { } live || (live.Exited.IsCompleted && !LeavesGroup(live))
            ? []
            : [new ChildProcessInfo(live.Process, live.OwnGroup, operation.Lifetime, operation.StopSequence)];

    /// <summary>
    /// Whether somebody is in its group. Of one that was taken up that can't be told: who is Managed is ended then to be sure of it, and of who is
    /// Detached nothing is told that nobody knows.
    /// </summary>
    private bool LeavesGroup(IRunningProcess live) =>
        operation.Lifetime == ProcessLifetime.Detached ? live.GroupEnded is { IsCompleted: false } : live.IsGroupAlive;

    public async Task RunAsync(CancellationToken abandoned)
    {
        if (await BeginAsync(abandoned).ConfigureAwait(false) is not { } live)
        {
            return;
        }

        _live = live;
        keeper.Keep(operation.Lifetime == ProcessLifetime.Detached ? live : null);
        _up.SetResult();
        try
        {
            // Who is abandoned was asked to end before.
            await Task.WhenAny(live.Exited, _control.Shutdown).ConfigureAwait(false);
            if (live.Exited.IsCompleted)
            {
                // That it could not be written down costs the next host a look.
                _ = keeper.Store?.Ended(name);
            }

            if (!_control.Shutdown.IsCompleted && await live.Exited.ConfigureAwait(false) is { Status: not { IsSuccess: true } } exit)
            {
                throw new ProcessEndedException(name, exit);
            }
        }
        finally
        {
            if (keeper.Running is null)
            {
                await live.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>The process, taken up or started.</summary>
    /// <returns>Null when it was told to end before there was one: that is how it was to end, and a start may wait for an approval for long.</returns>
    private async ValueTask<IRunningProcess?> BeginAsync(CancellationToken abandoned)
    {
        if (keeper.Running is { } kept)
        {
            return kept;
        }

        using var start = CancellationTokenSource.CreateLinkedTokenSource(abandoned, _control.TakenBack);
        try
        {
            start.Token.ThrowIfCancellationRequested();
            return await TakeUpAsync(start.Token).ConfigureAwait(false) ?? await StartAsync(start.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_control.TakenBack.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The process that a host before has started under this name; null when there is none that lives.</summary>
    /// <exception cref="OperationException">Whether there is one is not known, or it may not be attached to: a second one is not started.</exception>
    private async ValueTask<IRunningProcess?> TakeUpAsync(CancellationToken abandoned)
    {
        if (keeper.Store?.Find(name).OrThrow() is not [var known])
        {
            return null;
        }

        var attached = await executor
            .ExecuteAsync(
                new AttachProcessOperation(known.Process).WithLifetime(ProcessLifetime.Detached).WithStopSequence(operation.StopSequence),
                context,
                abandoned
            )
            .ConfigureAwait(false);
        return attached.TryPickT0(out var result, out var error) ? new TakenUpProcess(result.Live, known.Group)
            : error is NotFound or StaleProcess ? null
            : throw new OperationException(error);
    }

    /// <summary>Written down before and after, where that is wanted: so there is no process that nothing speaks of.</summary>
    /// <exception cref="StartUnknownException">Something may run all the same. It stands there as being started.</exception>
    private async ValueTask<IRunningProcess> StartAsync(CancellationToken takenBack)
    {
        if (keeper.Store?.Starting(name) is { } unwritten)
        {
            throw new OperationException(unwritten);
        }

        OneOf<SpawnProcessResult, OperationError> outcome;
        try
        {
            outcome = await executor.ExecuteAsync(operation, context, takenBack).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (takenBack.IsCancellationRequested)
        {
            // Nothing was started, or it was ended before its program ran.
            _ = keeper.Store?.Ended(name);
            throw;
        }
        catch (ObjectDisposedException)
        {
            _ = keeper.Store?.Ended(name);
            throw new OperationException(HostErrors.Closed(name));
        }
        catch (Exception e)
        {
            var threw = new OperationFailed("start_threw", $"Starting it threw {e.GetType().Name}.", "See whether it runs (osl ps).")
            {
                Effect = OperationEffect.Unknown,
            };
            throw new StartUnknownException(name, threw, e);
        }

        if (outcome.TryPickT0(out var started, out var error))
        {
            // What can't be written down now stands there as being started.
            _ = keeper.Store?.Started(new DetachedProcess(name, started.Process, started.Live.OwnGroup));
            return started.Live;
        }

        if (error.Effect != OperationEffect.None)
        {
            throw new StartUnknownException(name, error);
        }

        _ = keeper.Store?.Ended(name);
        throw new OperationException(error);
    }

    /// <summary>Not a guard and a ticker: there are thousands of these, and all that can be said to one is that it is over.</summary>
    [SuppressMessage(
        "Design",
        "CA1001:Types that own disposable fields should be disposable",
        Justification = "It holds nothing of the system's, and whoever tells the child to end may be about to cancel it."
    )]
    private sealed class Control : IProcessControlHandler
    {
        private readonly TaskCompletionSource _shutdown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _takenBack = new();

        internal Task Shutdown => _shutdown.Task;

        /// <summary>Cancelled with the shutdown: for a start that is under way.</summary>
        internal CancellationToken TakenBack => _takenBack.Token;

        public Task SendAsync(RuntimeControlMessage message)
        {
            if (message == RuntimeControlMessage.Shutdown)
            {
                _shutdown.TrySetResult();
                return _takenBack.CancelAsync();
            }

            return Task.CompletedTask;
        }
    }
}

/// <summary>What is kept of a Detached process from one run of its child to the next, so that a restart takes it up and starts no second one.</summary>
/// <param name="store">What is kept beyond the end of the host; null for nothing.</param>
internal sealed class ProcessKeeper(IDetachedStore? store)
{
    private volatile IRunningProcess? _kept;

    internal IDetachedStore? Store => store;

    /// <summary>The process, as long as it lives.</summary>
    internal IRunningProcess? Running => _kept is { Exited.IsCompleted: false } running ? running : null;

    internal void Keep(IRunningProcess? process) => _kept = process;
}

/// <summary>A supervised process has ended with something else than exit code 0.</summary>
/// <param name="child">Whose it was.</param>
/// <param name="exit">How it has ended.</param>
public sealed class ProcessEndedException(string child, ProcessExit exit)
    : Exception(
        $"'{child}' has ended: {exit?.Status?.ToString() ?? "how is not known"}{(exit?.TimeLimitReached is true ? ", after its time limit" : "")}."
    )
{
    /// <summary>How it has ended.</summary>
    public ProcessExit Exit { get; } = exit ?? throw new ArgumentNullException(nameof(exit));
}

/// <summary>
/// What came of the start of a child's process is not known: it may run. The child is not started again, and its supervisor gives up, as
/// for a process that it can't end (adr/0048-supervisor-trees.md). To be thrown by any child that starts something.
/// </summary>
/// <param name="child">Whose start it was.</param>
/// <param name="error">Why it is not known.</param>
/// <param name="inner">What was thrown; null when nothing was.</param>
public sealed class StartUnknownException(string child, OperationError error, Exception? inner = null)
    : Exception($"Whether '{child}' has started a process is not known: {error?.Message}", inner)
{
    /// <summary>Why it is not known.</summary>
    public OperationError Error { get; } = error ?? throw new ArgumentNullException(nameof(error));
}
