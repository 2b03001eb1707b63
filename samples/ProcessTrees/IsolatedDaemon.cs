using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Samples.ProcessTrees;

/// <summary>A daemon in a session of its own: no terminal's Ctrl-C or hang-up reaches it, and it goes on when its host has ended.</summary>
internal static class IsolatedDaemon
{
    internal static async Task ShowAsync(Func<OslHost> makeHost)
    {
        SpawnProcessResult daemon;
        await using (var osl = makeHost())
        {
            daemon = await osl.ExecuteAsync(
                    new SpawnProcessOperation("sleep", ["1000"])
                        .WithNewProcessGroup()
                        .WithDetachFromTerminal()
                        .WithLifetime(ProcessLifetime.Detached)
                        .WithStandardInput(StandardInputKind.Null)
                        .WithStandardOutput(StandardOutputConfig.Null)
                        .WithStandardError(StandardOutputConfig.Null),
                    OperationContext.Current
                )
                .OrThrow();
            var state = osl.Processes.Read(daemon.Process)!;
            Console.WriteLine($"daemon     leads a session of its own: {state.Session == daemon.Pid}");
        }

        // Its host has ended. The next one finds it in the registry, and may end it: it was started for the same principal.
        await using var next = makeHost();
        Console.WriteLine($"daemon     lives on: {next.Processes.Read(daemon.Process) is { IsAlive: true }}");
        var entry = next.Registry.Live().Single(entry => entry.Process == daemon.Process);
        var stopped = await next.ExecuteAsync(new KillProcessGroupOperation(entry.Group!), OperationContext.Current).OrThrow();
        Console.WriteLine($"daemon     {stopped.Ended} of {stopped.ProcessesAffected} ended by the next host");
    }
}
