using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Samples.ProcessTrees;

/// <summary>A supervisor and all that it starts, held together as strongly as this machine lets us: watched, frozen and ended as one.</summary>
internal static class ContainedTree
{
    private const string Supervisor = "sleep 1000 & sh -c 'sleep 1000 & echo ready; wait' & wait";

    internal static async Task ShowAsync(Func<OslHost> makeHost)
    {
        await using var osl = makeHost();
        var tree = await StartAsync(osl);
        using var output = new StreamReader(tree.Live.StandardOutput!);
        _ = await output.ReadLineAsync();

        // Their number, not their names: who was forked just now may not have become its program yet.
        Console.WriteLine($"tree       {(await LookAsync()).Count} live");

        await osl.ExecuteAsync(ProcessSignalOperation.ForGroup(tree.Group!, Signal.Stop), OperationContext.Current).OrThrow();
        while ((await LookAsync()).Any(member => member.Activity != ProcessActivity.Stopped))
        {
            // A stop is sent at once, and takes each of them where it is.
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Console.WriteLine("tree       all are frozen");
        await osl.ExecuteAsync(ProcessSignalOperation.ForGroup(tree.Group!, Signal.Continue), OperationContext.Current).OrThrow();

        var stopped = await tree.Live.StopAsync().OrThrow();
        Console.WriteLine($"tree       {stopped.Ended} of {stopped.ProcessesAffected} ended");

        async Task<ValueList<ProcessState>> LookAsync() =>
            (await osl.ExecuteAsync(new QueryProcessGroupOperation(tree.Group!), OperationContext.Current).OrThrow()).Members;
    }

    /// <summary>What can't be enforced is an error, so who would take less has to say so.</summary>
    private static async Task<SpawnProcessResult> StartAsync(OslHost osl)
    {
        var operation = new SpawnProcessOperation("sh", ["-c", Supervisor])
            .WithNewProcessGroup()
            .WithStandardOutput(StandardOutputConfig.Pipe);
        var strong = await osl.ExecuteAsync(operation with { Containment = Containment.Cgroup }, OperationContext.Current);
        if (strong.TryPickT0(out var started, out var error))
        {
            Console.WriteLine("tree       is in a cgroup, which nobody can leave");
            return started;
        }

        if (error is not (Unsupported or PermissionRefused))
        {
            return strong.OrThrow();
        }

        Console.WriteLine("tree       is in a process group, which a member can leave by setsid");
        return await osl.ExecuteAsync(operation with { Containment = Containment.Group }, OperationContext.Current).OrThrow();
    }
}
