using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Hosting.Auditing;

/// <summary>Two that hear of processes, the first before the second.</summary>
internal sealed class ObserverPair(IProcessObserver first, IProcessObserver second) : IProcessObserver
{
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
}
