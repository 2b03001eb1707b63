using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Samples.ProcessTrees;

/// <summary>A script starts services in the background. They are ended with it: gracefully, and by force whoever does not listen.</summary>
internal static class ScriptTree
{
    private const string DeployServices = """
        sleep 1000 &
        (trap '' TERM; echo ready; exec sleep 1000) &
        wait
        """;

    internal static async Task ShowAsync(Func<OslHost> makeHost)
    {
        await using var osl = makeHost();
        var started = await osl.ExecuteAsync(
                new SpawnProcessOperation("sh", ["-c", DeployServices]).WithNewProcessGroup().WithStandardOutput(StandardOutputConfig.Pipe),
                OperationContext.Current
            )
            .OrThrow();
        using var output = new StreamReader(started.Live.StandardOutput!);
        Console.WriteLine($"script     {await output.ReadLineAsync()}");

        // SIGTERM to all, and SIGKILL a second later to who is left.
        var stopped = await osl.ExecuteAsync(
                new KillProcessGroupOperation(started.Group!).WithGracePeriod(TimeSpan.FromSeconds(1)),
                OperationContext.Current
            )
            .OrThrow();
        Console.WriteLine($"script     {stopped.Ended} of {stopped.ProcessesAffected} ended, {stopped.Forced} by force");
    }
}
