using Osl.Executors;
using Osl.Hosting.Auditing;
using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Processes;

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
    /// Admits nothing more; ends what is Managed by its stop sequence, bounded; waits for the last exits to be recorded; closes the
    /// journal. Detached processes live on.
    /// </summary>
    public ValueTask DisposeAsync() => new(_shutdown.Value);
}
