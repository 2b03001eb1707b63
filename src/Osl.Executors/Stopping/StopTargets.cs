using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Stopping;

/// <summary>Whom a stop sequence is for.</summary>
internal interface IStopTarget
{
    /// <summary>Who is alive: neither zombie nor gone.</summary>
    IReadOnlyList<ProcessRef> Alive();

    /// <summary>Sends a signal to all of them.</summary>
    OperationError? Signal(Signal signal);

    /// <summary>Completes when nobody is alive, with how many were seen to end.</summary>
    Task<int> WaitUntilGoneAsync(CancellationToken cancellationToken);
}

/// <summary>One process.</summary>
internal sealed class ProcessStopTarget(ProcessLease lease) : IStopTarget
{
    public IReadOnlyList<ProcessRef> Alive() => lease.Read() is { IsAlive: true } state ? [state.Process] : [];

    public OperationError? Signal(Signal signal) => lease.Signal(signal);

    public async Task<int> WaitUntilGoneAsync(CancellationToken cancellationToken)
    {
        await lease.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return 1;
    }
}

/// <summary>A whole group.</summary>
internal sealed class GroupStopTarget(GroupLease lease) : IStopTarget
{
    public IReadOnlyList<ProcessRef> Alive() => lease.Living();

    public OperationError? Signal(Signal signal) => lease.Signal(signal);

    public Task<int> WaitUntilGoneAsync(CancellationToken cancellationToken) => lease.WaitUntilEmptyAsync(cancellationToken);
}
