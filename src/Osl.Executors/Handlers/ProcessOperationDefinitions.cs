using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>The registrations of the process operations: each kind of the one table with its handler.</summary>
internal static class ProcessOperationDefinitions
{
    internal static IReadOnlyList<OperationDefinition> Create(HandlerServices services)
    {
        var spawns = new SpawnProcessHandler(services);
        return
        [
            new OperationDefinition<SpawnProcessOperation, SpawnProcessResult>(ProcessOperationKinds.Spawn, spawns),
            new OperationDefinition<RunProcessOperation, RunProcessResult>(
                ProcessOperationKinds.Run,
                new RunProcessHandler(services, spawns)
            ),
            new OperationDefinition<ProcessSignalOperation, ProcessSignalResult>(
                ProcessOperationKinds.Signal,
                new ProcessSignalHandler(services)
            ),
            new OperationDefinition<KillProcessOperation, StopResult>(ProcessOperationKinds.Kill, new KillProcessHandler(services)),
            new OperationDefinition<KillProcessGroupOperation, StopResult>(
                ProcessOperationKinds.KillGroup,
                new KillProcessGroupHandler(services)
            ),
            new OperationDefinition<AttachProcessOperation, AttachProcessResult>(
                ProcessOperationKinds.Attach,
                new AttachProcessHandler(services)
            ),
            new OperationDefinition<ReleaseProcessOperation, ReleaseProcessResult>(
                ProcessOperationKinds.Release,
                new ReleaseProcessHandler(services)
            ),
            new OperationDefinition<QueryProcessOperation, QueryProcessResult>(
                ProcessOperationKinds.Query,
                new QueryProcessHandler(services)
            ),
            new OperationDefinition<QueryProcessGroupOperation, QueryProcessGroupResult>(
                ProcessOperationKinds.QueryGroup,
                new QueryProcessGroupHandler(services)
            ),
        ];
    }
}
