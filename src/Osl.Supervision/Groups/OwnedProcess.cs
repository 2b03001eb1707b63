using System.Diagnostics.CodeAnalysis;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Groups;

/// <summary>
/// A process that one object answers for: disposed, it ends the process by the stop sequence of its start, unless a group has taken it over
/// (<see cref="ProcessGroup.AttachAsync(OwnedProcess, CancellationToken)"/>). Then it is empty.
/// </summary>
public sealed class OwnedProcess : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private IRunningProcess? _process;
    private bool _isDisposed;

    private OwnedProcess(IRunningProcess process) => _process = process;

    /// <summary>Whether it answers for nobody any more: given away, or disposed.</summary>
    public bool IsEmpty => Volatile.Read(ref _process) is null;

    /// <summary>The process.</summary>
    /// <exception cref="InvalidOperationException">It is empty.</exception>
    public IRunningProcess Process =>
        Volatile.Read(ref _process) ?? throw new InvalidOperationException("The process belongs to somebody else now, or was ended.");

    /// <summary>Starts one.</summary>
    /// <param name="executor">Who starts it.</param>
    /// <param name="spawn">What.</param>
    /// <param name="context">For whom; null for the account of the host.</param>
    /// <param name="cancellationToken">Until the program runs.</param>
    public static async ValueTask<OneOf<OwnedProcess, OperationError>> StartAsync(
        IOperationExecutor executor,
        SpawnProcessOperation spawn,
        OperationContext? context = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(executor);
        var outcome = await executor.ExecuteAsync(spawn, context ?? OperationContext.Current, cancellationToken).ConfigureAwait(false);
        return outcome.TryPickT0(out var started, out var error) ? new OwnedProcess(started.Live) : error;
    }

    /// <summary>
    /// Ends it and closes its streams. Without effect when it is empty; while a group is about to take the process over, it is that group's,
    /// and if that fails it is ended then.
    /// </summary>
    /// <exception cref="OperationException">It could not be ended; it still runs, and its host ends it.</exception>
    public async ValueTask DisposeAsync()
    {
        IRunningProcess? process;
        lock (_gate)
        {
            _isDisposed = true;
            (process, _process) = (_process, null);
        }

        if (process is not null)
        {
            await EndAsync(process).ConfigureAwait(false);
        }
    }

    internal bool TryTake([NotNullWhen(true)] out IRunningProcess? process)
    {
        lock (_gate)
        {
            (process, _process) = (_process, null);
        }

        return process is not null;
    }

    /// <summary>It could not be taken over after all. Whoever was to answer for it may have been disposed meanwhile: then it is ended.</summary>
    /// <exception cref="OperationException">It could not be ended.</exception>
    internal async ValueTask GiveBackAsync(IRunningProcess process)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _process = process;
                return;
            }
        }

        await EndAsync(process).ConfigureAwait(false);
    }

    private static async ValueTask EndAsync(IRunningProcess process)
    {
        var outcome = await process.StopAsync().ConfigureAwait(false);
        await process.DisposeAsync().ConfigureAwait(false);
        if (outcome.TryPickT1(out var error, out _) && !error.IsGone())
        {
            throw new OperationException(error);
        }
    }
}
