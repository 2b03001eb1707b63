using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Services;

namespace Osl.Supervision.Trees;

/// <summary>
/// The one owner of all spawning in an application: who needs a process asks it, by a name; nobody else starts any. An interface, so
/// that tests can put a double in its place.
/// </summary>
public interface IProcessOwner
{
    /// <summary>What runs, by name.</summary>
    IReadOnlyList<NamedProcess> Processes { get; }

    /// <summary>Starts a process under a name.</summary>
    /// <param name="name">What it is called here; one process a name.</param>
    /// <param name="operation">What is started. Without a group of its own it gets one.</param>
    /// <param name="context">On whose behalf.</param>
    /// <param name="cancellationToken">See <see cref="IOperationExecutor.ExecuteAsync"/>.</param>
    /// <returns>The result; else the executor's error, or <c>name_taken</c> or <c>owner_stopped</c>.</returns>
    ValueTask<OneOf<SpawnProcessResult, OperationError>> SpawnAsync(
        string name,
        SpawnProcessOperation operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    );

    /// <summary>Ends a process and its group, by its stop sequence.</summary>
    /// <param name="name">Which.</param>
    /// <param name="cancellationToken">See <see cref="IOperationExecutor.ExecuteAsync"/>.</param>
    /// <returns>The result; else the executor's error, or NotFound where none is called so.</returns>
    ValueTask<OneOf<StopResult, OperationError>> StopAsync(string name, CancellationToken cancellationToken = default);
}

/// <summary>A process of an owner.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Process">Which it is.</param>
/// <param name="Context">On whose behalf it runs.</param>
public sealed record NamedProcess(string Name, ChildProcessInfo Process, OperationContext Context);

/// <summary>
/// The process actor of a supervision tree: keeps a registry of what it has started, and names it all, so that its supervisor ends it
/// when the owner stops or crashes. It ends nothing itself but what it is asked to.
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="executor">By whom processes are started, each time judged and recorded.</param>
public sealed class ProcessOwner(string name, IOperationExecutor executor) : IProcessOwner, IChild
{
    private readonly Lock _gate = new();
    private readonly RuntimeGuard _guard = new();
    private readonly Dictionary<string, Owned?> _owned = new(StringComparer.Ordinal);
    private TaskCompletionSource? _idle;
    private int _starting;
    private bool _isStopped;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public IProcessControlHandler Handle => _guard.Handle;

    /// <inheritdoc/>
    public IReadOnlyList<ChildProcessInfo> ChildProcesses => [.. Processes.Select(owned => owned.Process)];

    /// <inheritdoc/>
    public IReadOnlyList<NamedProcess> Processes
    {
        get
        {
            lock (_gate)
            {
                return [.. _owned.Values.Where(owned => owned is { HasEnded: false }).Select(owned => owned!.Told)];
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<OneOf<SpawnProcessResult, OperationError>> SpawnAsync(
        string name,
        SpawnProcessOperation operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(context);
        lock (_gate)
        {
            if (_isStopped)
            {
                return Stopped();
            }

            if (_owned.TryGetValue(name, out var owned) && owned is not { HasEnded: true })
            {
                return new OperationFailed("name_taken", $"A process '{name}' runs already.", "Stop it first, or use another name.");
            }

            // The name is taken before anything is started: two that ask at once get one process.
            _owned[name] = null;
            _starting++;
        }

        SpawnProcessResult? spawned = null;
        try
        {
            var start = operation.ProcessGroup.Placement == ProcessGroupPlacement.Inherit ? operation.WithNewProcessGroup() : operation;
            var outcome = await executor.ExecuteAsync(start, context, cancellationToken).ConfigureAwait(false);
            _ = outcome.TryPickT0(out spawned, out _);
            return outcome;
        }
        finally
        {
            Enter(name, operation, context, spawned);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<OneOf<StopResult, OperationError>> StopAsync(string name, CancellationToken cancellationToken = default)
    {
        Owned? owned;
        lock (_gate)
        {
            _ = _owned.TryGetValue(name, out owned);
        }

        return owned is null or { HasEnded: true }
            ? new NotFound($"a process '{name}' of this owner", "See which there are (Processes).") { Thing = MissingThing.Process }
            : await owned.Live.StopAsync(null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken abandoned)
    {
        using var ticker = _guard.CreateTicker();
        lock (_gate)
        {
            // Who asks it for processes holds on to it, so unlike other children it is the same one in each of its runs.
            _isStopped = false;
            _idle = null;
        }

        try
        {
            while (await ticker.NextAsync(abandoned).ConfigureAwait(false) != RuntimeControlMessage.Shutdown)
            {
                // Nothing else means anything to it.
            }
        }
        finally
        {
            Task idle;
            lock (_gate)
            {
                _isStopped = true;
                idle = _starting == 0 ? Task.CompletedTask : (_idle = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            // Whoever is just being started is named too.
            await idle.ConfigureAwait(false);
            _guard.Reset();
        }
    }

    private void Enter(string name, SpawnProcessOperation operation, OperationContext context, SpawnProcessResult? spawned)
    {
        lock (_gate)
        {
            if (spawned is null)
            {
                _owned.Remove(name);
            }
            else
            {
                var live = spawned.Live;
                _owned[name] = new Owned(
                    new NamedProcess(
                        name,
                        new ChildProcessInfo(live.Process, live.OwnGroup, operation.Lifetime, operation.StopSequence),
                        context
                    ),
                    live
                );
                _ = ForgetAsync(name, live);
            }

            if (--_starting == 0)
            {
                _idle?.TrySetResult();
            }
        }
    }

    /// <summary>Who has ended and left nobody is not ours any more; a group that outlives its leader stays until it is empty.</summary>
    private async Task ForgetAsync(string name, IRunningProcess live)
    {
        _ = await live.Exited.ConfigureAwait(false);
        if (live.GroupEnded is { } ended)
        {
            await ended.ConfigureAwait(false);
        }

        lock (_gate)
        {
            if (_owned.TryGetValue(name, out var owned) && owned?.Live == live)
            {
                _owned.Remove(name);
            }
        }
    }

    private OperationFailed Stopped() =>
        new("owner_stopped", $"'{name}' has stopped and starts nothing more.", "Ask again when it has been started again.");

    private sealed record Owned(NamedProcess Told, IRunningProcess Live)
    {
        /// <summary>Known at once, while to be forgotten may take a moment.</summary>
        internal bool HasEnded => Live.Exited.IsCompleted && (Live.GroupEnded?.IsCompleted ?? true);
    }
}
