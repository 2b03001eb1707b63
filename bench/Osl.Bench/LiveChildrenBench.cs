using System.Diagnostics;
using System.Globalization;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Bench;

/// <summary>
/// What thousands of children cost that live at once, and what it costs to notice that all of them have ended. Each reads a FIFO that nobody
/// writes to, so that all of them end when this closes it, without a signal to anybody.
/// </summary>
internal static class LiveChildrenBench
{
    internal static async Task RunAsync(bool quick, Floor floor, OslHost osl, string directory)
    {
        var children = quick ? 500 : 5000;
        var figures = new List<(string Name, Cost Cost)>();
        // The first of each is not counted: what it leaves behind it leaves once.
        foreach (var isCounted in new[] { false, true })
        {
            var ours = await CostAsync(isCounted ? children : children / 2, directory, SpawnAsync);
            var process = await CostAsync(isCounted ? children : children / 2, directory, StartAsync);
            if (isCounted)
            {
                figures.Add(("Osl, whole pipeline", ours));
                figures.Add(("Process.WaitForExitAsync", process));
            }
        }

        Console.WriteLine();
        Console.WriteLine($"| {children} live children | managed memory each, bytes | threads more | CPU to notice all exits, ms |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var (name, cost) in figures)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {cost.Bytes} | {cost.Threads} | {cost.Noticing.TotalMilliseconds:F0} |"
                )
            );
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| C waitpid | | | {floor.Notice(children) / 1000:F0} |"));
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"| target | ≤ 2048 | none each | ≤ {figures[1].Cost.Noticing.TotalMilliseconds / 2:F0} |"
            )
        );

        async Task<Task> SpawnAsync(string fifo)
        {
            var spawn = new SpawnProcessOperation("/bin/cat", [fifo]).WithNewProcessGroup();
            return (await osl.ExecuteAsync(spawn, OperationContext.Current).OrThrow()).Live.Exited;
        }

        static Task<Task> StartAsync(string fifo)
        {
            return Task.FromResult(WaitAsync());

            // Runs to its first await, by which the process has been started.
            async Task WaitAsync()
            {
                using var process = Process.Start("/bin/cat", [fifo]);
                await process.WaitForExitAsync();
            }
        }
    }

    private static async Task<Cost> CostAsync(int children, string directory, Func<string, Task<Task>> start)
    {
        var fifo = Path.Combine(directory, $"fifo-{Guid.NewGuid():N}");
        using (var maker = Process.Start("mkfifo", [fifo]))
        {
            await maker.WaitForExitAsync();
        }

        using var self = Process.GetCurrentProcess();
        var ends = new Task[children];
        var bytes = Measure.Memory();
        var threads = Threads();
        TimeSpan used;
        using (new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite))
        {
            for (var i = 0; i < children; i++)
            {
                ends[i] = await start(fifo);
            }

            bytes = (Measure.Memory() - bytes) / children;
            threads = Threads() - threads;
            self.Refresh();
            used = self.TotalProcessorTime;
        }

        await Task.WhenAll(ends);
        self.Refresh();
        return new Cost(bytes, threads, self.TotalProcessorTime - used);
    }

    private static int Threads() => Directory.GetDirectories("/proc/self/task").Length;

    private sealed record Cost(long Bytes, int Threads, TimeSpan Noticing);
}
