using System.Diagnostics;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Trees;

namespace Osl.Bench;

/// <summary>What it costs to supervise a thousand processes that do nothing, and one that fails all the time.</summary>
internal static class SupervisionBench
{
    internal static async Task RunAsync(bool quick, OslHost osl)
    {
        var children = quick ? 300 : 1000;
        var watched = TimeSpan.FromSeconds(quick ? 2 : 30);
        // What a host has once, however many it supervises, is not theirs: buffers, threads, compiled code.
        await WarmUpAsync(osl);
        var idle = new Supervisor("idle", osl);
        var before = Measure.Memory();
        for (var i = 0; i < children; i++)
        {
            idle.Add(ChildSpec.Process($"child{i}", osl, new SpawnProcessOperation("/bin/sleep", ["600"])));
        }

        var start = Stopwatch.GetTimestamp();
        var run = idle.RunToEndAsync();
        await idle.Up;
        var up = Stopwatch.GetElapsedTime(start);
        var each = (Measure.Memory() - before) / children;
        using var self = Process.GetCurrentProcess();
        // What was started a moment ago is still being compiled for speed.
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        self.Refresh();
        var used = self.TotalProcessorTime;
        await Task.Delay(watched, TimeProvider.System);
        self.Refresh();
        var share = (self.TotalProcessorTime - used) / watched;
        start = Stopwatch.GetTimestamp();
        await idle.Handle.ShutdownAsync();
        (await run).EnsureSuccess();
        var down = Stopwatch.GetElapsedTime(start);

        var restarts = quick ? 300 : 2000;
        var failing = new Supervisor("failing", osl, new SupervisorOptions { MaxRestarts = restarts, Window = TimeSpan.FromDays(1) }).Add(
            ChildSpec.Process("false", osl, new SpawnProcessOperation("/bin/false")) with
            {
                Backoff = RestartPolicy.Always with { InitialDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero },
            }
        );
        start = Stopwatch.GetTimestamp();
        _ = await failing.RunToEndAsync();
        var perRestart = Stopwatch.GetElapsedTime(start).TotalMicroseconds / restarts;

        Console.WriteLine();
        Console.WriteLine($"| {children} supervised processes that do nothing | Osl | target |");
        Console.WriteLine("|---|---|---|");
        Console.WriteLine($"| CPU of the host, % of a core | {share * 100:F3} | ≤ 0.2 |");
        Console.WriteLine($"| managed memory each, bytes | {each} | ≤ 4096 |");
        Console.WriteLine($"| all up, ms | {up.TotalMilliseconds:F0} | |");
        Console.WriteLine($"| all ended, each by an operation, ms | {down.TotalMilliseconds:F0} | |");
        Console.WriteLine($"| a restart of /bin/false, judged and recorded, µs | {perRestart:F0} | |");
    }

    private static async Task WarmUpAsync(OslHost osl)
    {
        var first = new Supervisor("first", osl);
        for (var i = 0; i < 20; i++)
        {
            first.Add(ChildSpec.Process($"child{i}", osl, new SpawnProcessOperation("/bin/sleep", ["600"])));
        }

        var run = first.RunToEndAsync();
        await first.Up;
        await first.Handle.ShutdownAsync();
        (await run).EnsureSuccess();
    }
}
