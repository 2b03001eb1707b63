using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Services;
using Osl.Supervision.Trees;

namespace Osl.Samples.SupervisedTree;

/// <summary>Starts a long-running script, crashes the first time, and ends well the second.</summary>
internal sealed class Worker(IOperationExecutor osl) : IChild
{
    private static int _runs;

    private readonly RuntimeGuard _guard = new();
    private readonly List<ChildProcessInfo> _processes = [];

    public IProcessControlHandler Handle => _guard.Handle;

    public IReadOnlyList<ChildProcessInfo> ChildProcesses => _processes;

    public async Task RunAsync(CancellationToken abandoned)
    {
        var script = await osl.ExecuteAsync(
                new SpawnProcessOperation("/bin/sh", ["-c", "exec sleep 600"]).WithNewProcessGroup(),
                OperationContext.Current,
                abandoned
            )
            .OrThrow();
        _processes.Add(new ChildProcessInfo(script.Process, script.Group));
        if (++_runs == 1)
        {
            throw new InvalidOperationException("The worker has crashed.");
        }

        _ = await script.Live.StopAsync(StopSequence.Immediate, abandoned).OrThrow();
    }
}
