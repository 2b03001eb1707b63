using Osl.Executors.Registry;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Posix;

/// <summary>
/// One process that was attached to, until it ends: looked at again and again, since nothing in POSIX tells of the end of who is not our child.
/// Never reaped: it is its parent's (adr/0042-attach-and-release.md).
/// </summary>
internal sealed class PosixAttachment(IRegistration registration, ProcessRef process) : IManagedProcess
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its end, of which nothing more is known. Never faults.</summary>
    public Task<ProcessExit> Exited => _exited.Task;

    /// <inheritdoc/>
    /// <remarks>It is attached to alone, not its group.</remarks>
    public Task GroupEnded => _exited.Task;

    /// <inheritdoc/>
    public OperationError? Detach()
    {
        registration.Detached();
        return null;
    }

    /// <summary>Waits for its end, on the pool: first the entry ends.</summary>
    /// <param name="end">Completes with it.</param>
    internal async Task FollowAsync(Task end)
    {
        await end.ConfigureAwait(false);
        registration.Ended();
        _exited.SetResult(new ProcessExit(process, Status: null, TimeSpan.Zero, TimeSpan.Zero, PeakMemory: 0));
    }
}
