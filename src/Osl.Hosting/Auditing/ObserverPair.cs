using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Hosting.Auditing;

/// <summary>Two that hear of processes, the first before the second.</summary>
internal sealed class ObserverPair(IProcessObserver first, IProcessObserver second) : IProcessObserver
{
    /// <summary>All of them that are there, in this order.</summary>
    internal static IProcessObserver Of(IProcessObserver first, params ReadOnlySpan<IProcessObserver?> others)
    {
        foreach (var other in others)
        {
            first = other is null ? first : new ObserverPair(first, other);
        }

        return first;
    }

    public void OnStarted(OperationId operation, OperationContext context, ProcessRef process, int pgid)
    {
        first.OnStarted(operation, context, process, pgid);
        second.OnStarted(operation, context, process, pgid);
    }

    public void OnExited(OperationId operation, OperationContext context, ProcessExit exit, int pgid)
    {
        first.OnExited(operation, context, exit, pgid);
        second.OnExited(operation, context, exit, pgid);
    }

    public void OnGroupEnded(OperationId operation, OperationContext context, GroupRef group)
    {
        first.OnGroupEnded(operation, context, group);
        second.OnGroupEnded(operation, context, group);
    }
}
