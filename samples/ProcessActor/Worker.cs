using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Services;
using Osl.Supervision.Trees;

namespace Osl.Samples.ProcessActor;

/// <summary>An actor of the application. It starts no process itself but asks the process actor, and crashes the first time.</summary>
internal sealed class Worker(IProcessOwner processes) : IChild
{
    private static int _runs;

    private readonly RuntimeGuard _guard = new();

    public IProcessControlHandler Handle => _guard.Handle;

    public async Task RunAsync(CancellationToken abandoned)
    {
        await AskAsync(processes);
        if (++_runs == 1)
        {
            throw new InvalidOperationException("The worker has crashed.");
        }
    }

    internal static async Task AskAsync(IProcessOwner processes)
    {
        var script = new SpawnProcessOperation("sh", ["-c", "sleep 1000 & wait"]);
        var asked = await processes.SpawnAsync("script", script, OperationContext.Current);
        Console.WriteLine(
            asked.Match(
                started => $"worker     has a process that leads a group of its own: {started.IsGroupLeader}",
                // The crash of who asked has ended nothing: the process is the process actor's, and still there under its name.
                error => $"worker     {error.Code}: {error.Message}"
            )
        );
    }
}
