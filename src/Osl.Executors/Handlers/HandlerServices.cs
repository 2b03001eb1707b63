using Osl.Executors.Registry;
using Osl.Executors.Stopping;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>What the handlers of the process operations share.</summary>
internal sealed class HandlerServices(
    IPlatformExecutor platform,
    ILaunchRegistry registry,
    IProcessObserver observer,
    TimeProvider time,
    InheritedEnvironment environment
)
{
    internal IPlatformExecutor Platform { get; } = platform;

    internal ILaunchRegistry Registry { get; } = registry;

    internal IProcessObserver Observer { get; } = observer;

    internal TimeProvider Time { get; } = time;

    internal InheritedEnvironment Environment { get; } = environment;

    internal StopEngine Stopping { get; } = new(time);

    internal LiveProcesses Live { get; } = new();
}
