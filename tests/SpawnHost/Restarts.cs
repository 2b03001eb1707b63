using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Trees;

namespace Osl.Tests.SpawnHost;

/// <summary>A supervised program that fails at once, over and over, and leaves somebody in its group every time.</summary>
internal static class Restarts
{
    internal static async Task<int> RunAsync(OslHost osl, int total)
    {
        // A few first: what is made once for good is not a leak.
        await SuperviseAsync(osl, Math.Max(10, total / 10));
        var before = HostState.Descriptors();
        var memoryBefore = Memory();
        var (starts, orphans) = await SuperviseAsync(osl, total);
        var descriptors = HostState.Descriptors() - before;
        var memory = Memory() - memoryBefore;
        await osl.DisposeAsync();
        Console.WriteLine($"starts {starts}");
        Console.WriteLine($"orphans {orphans}");
        Console.WriteLine($"children {HostState.Children().Count}");
        // While the host lives some are just being closed, however many restarts there were.
        Console.WriteLine($"descriptors per restart while the host lives {Math.Max(0, descriptors) * 10 / total}");
        Console.WriteLine($"descriptors left over {Math.Max(0, HostState.Descriptors() - before)}");
        Console.WriteLine($"managed bytes per restart {Math.Max(0, memory) / total}");
        Console.WriteLine($"threads left over {HostState.Threads().Count(name => name.StartsWith("osl-", StringComparison.Ordinal))}");
        return 0;
    }

    private static async Task<int> CountOrphansAsync(Subscription<SupervisorEvent> events)
    {
        using (events)
        {
            var orphans = 0;
            await foreach (var told in events)
            {
                orphans += told.Event is SupervisorEvent.OrphansEnded ? 1 : 0;
            }

            return orphans;
        }
    }

    private static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static async Task<(int Starts, int Orphans)> SuperviseAsync(OslHost osl, int restarts)
    {
        var supervisor = new Supervisor(
            "restarts",
            osl,
            new SupervisorOptions { MaxRestarts = restarts, Window = TimeSpan.FromDays(1) }
        ).Add(
            ChildSpec.Process(
                "failing",
                osl,
                new SpawnProcessOperation("/bin/sh", ["-c", "sleep 600 & exit 1"]).WithStopSequence(StopSequence.Immediate)
            ) with
            {
                Backoff = RestartPolicy.Always with { InitialDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero },
            }
        );
        // Beside the run: kept until its end they would be what is measured.
        var counting = CountOrphansAsync(supervisor.Events.Subscribe(restarts * 20));
        var outcome = await supervisor.RunToEndAsync();
        supervisor.Events.Complete();
        var orphans = await counting;

        return outcome.Failure is null || outcome.Survivors.Count > 0
            ? throw new InvalidOperationException($"It should have given up after so many restarts: {outcome}.")
            : (supervisor.Children[0].Starts, orphans);
    }
}
