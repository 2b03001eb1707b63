using Osl.Executors;
using Osl.Hosting.Auditing;
using Osl.Hosting.Health;
using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Security.Policies;

namespace Osl.Hosting;

/// <summary>
/// Runs operations in this process: the pipeline with its policy, its journal and the executor of this platform. One for a program,
/// for as long as it runs. Thread-safe.
/// </summary>
public sealed class OslHost : IOperationExecutor, IAsyncDisposable
{
    private readonly OslHostParts _parts;
    private readonly Lazy<Task> _shutdown;

    internal OslHost(OslHostParts parts)
    {
        _parts = parts;
        _shutdown = new Lazy<Task>(parts.ShutDownAsync);
    }

    internal OslHostParts Parts => _parts;

    /// <summary>What this machine can enforce.</summary>
    public PlatformCapabilities Capabilities => _parts.Platform.Capabilities;

    /// <summary>What Osl hosts of this user run on this machine.</summary>
    public IGroupRegistry Registry => _parts.Registry;

    /// <summary>The system's table of processes.</summary>
    public IProcessTable Processes => _parts.Platform;

    /// <summary>Every kind of operation this host can do.</summary>
    public IReadOnlyList<OperationKind> Kinds => _parts.Catalog.Kinds;

    /// <summary>Makes a host. Starts no thread and no process, and opens nothing, before the first operation.</summary>
    /// <param name="configure">Says what differs from the defaults.</param>
    /// <exception cref="OslConfigurationException">It can't be made as asked for.</exception>
    public static OslHost Create(Action<OslHostOptions>? configure = null)
    {
        var options = new OslHostOptions();
        configure?.Invoke(options);
        return OslHostParts.Compose(options);
    }

    /// <summary>The hash of the policy that holds now.</summary>
    public string PolicyHash => _parts.Policy.Hash;

    /// <summary>
    /// Reads the policy files again. At once, between two decisions, or not at all: what does not load leaves the policy as it is, and so
    /// does a journal that can't take the record of it. What was allowed and runs goes on.
    /// </summary>
    /// <returns>Both hashes, and why a new policy was refused; AuditUnavailable.</returns>
    public async ValueTask<OneOf<PolicyReload, OperationError>> ReloadPolicyAsync()
    {
        OperationError? unrecorded = null;
        var reload = await _parts
            .Policy.ReloadAsync(async reload => (unrecorded = await _parts.Recorder.ReloadAsync(reload).ConfigureAwait(false)) is null)
            .ConfigureAwait(false);
        _parts.Health.Reloaded(reload);
        return unrecorded is null ? reload : unrecorded;
    }

    /// <summary>
    /// Says what the policy would decide on an operation and why, layer by layer. Finds out what has to be known, and changes, asks and
    /// records nothing.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <param name="context">Who would ask.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ValueTask<OneOf<LayeredExplanation, OperationError>> ExplainAsync<TResult>(
        IOperation<TResult> operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
        where TResult : ExecutionResult => _parts.Pipeline.ExplainAsync(operation, context, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OneOf<TResult, OperationError>> ExecuteAsync<TResult>(
        IOperation<TResult> operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
        where TResult : ExecutionResult => _parts.Pipeline.ExecuteAsync(operation, context, cancellationToken);

    /// <summary>Runs a program to its end as the host's own account, in a group of its own, and captures what it writes.</summary>
    /// <param name="program">See <see cref="SpawnProcessOperation.Program"/>.</param>
    /// <param name="arguments">See <see cref="SpawnProcessOperation.Arguments"/>.</param>
    /// <param name="cancellationToken">Ends the program by its stop sequence.</param>
    public ValueTask<OneOf<RunProcessResult, OperationError>> RunAsync(
        string program,
        ValueList<Argument> arguments = default,
        CancellationToken cancellationToken = default
    ) => ExecuteAsync(new RunProcessOperation(program, arguments), OperationContext.Current, cancellationToken);

    /// <summary>
    /// How the host does: whether its journal can be written, its policy loads, ends of processes are noticed and the guardian is there.
    /// Starts nothing and records nothing.
    /// </summary>
    /// <param name="cancellationToken">Ends the looking.</param>
    public Task<HostHealth> CheckHealthAsync(CancellationToken cancellationToken = default) => _parts.Health.LookAsync(cancellationToken);

    /// <summary>The same as disposing it, for who has only so much time.</summary>
    /// <param name="urgent">
    /// From when on nobody is waited for: who still lives then gets SIGKILL, whatever step of its stop sequence it is in. A later call can
    /// make a shutdown urgent that has begun.
    /// </param>
    public async Task ShutDownAsync(CancellationToken urgent)
    {
        using var hurry = urgent.UnsafeRegister(static parts => ((OslHostParts)parts!).Urgent.Cancel(), _parts);
        await _shutdown.Value.ConfigureAwait(false);
    }

    /// <summary>
    /// Admits nothing more; ends what is Managed by its stop sequence, bounded; waits for the last exits to be recorded; closes the
    /// journal. Detached processes live on.
    /// </summary>
    public ValueTask DisposeAsync() => new(_shutdown.Value);
}
