using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using Medallion.Shell;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Bench;

/// <summary>
/// How long it takes from the end of a child until the code that waits for it runs. The child writes the time into shared memory and ends at
/// once: CLOCK_MONOTONIC in nanoseconds, which is also what <see cref="Stopwatch"/> reads on Linux. What the kernel needs to take the
/// child apart is in every figure.
/// </summary>
internal static class ExitBench
{
    internal static async Task RunAsync(bool quick, Floor floor, OslHost osl, string directory)
    {
        var count = quick ? 100 : 1000;
        var file = Path.Combine(directory, "stamp");
        await File.WriteAllBytesAsync(file, new byte[sizeof(long)]);
        using var shared = MemoryMappedFile.CreateFromFile(file);
        using var stamp = shared.CreateViewAccessor(0, sizeof(long));
        var child = new SpawnProcessOperation(floor.Program, ["stamp", file]).WithNewProcessGroup();
        var figures = await Measure.RoundsAsync(
            quick ? 3 : 9,
            ("C waitpid", () => Task.FromResult(floor.Exits(count, file))),
            ("Osl, whole pipeline", () => MedianAsync(OslAsync)),
            ("Process.WaitForExitAsync", () => MedianAsync(ProcessAsync)),
            ("MedallionShell", () => MedianAsync(MedallionAsync))
        );

        Console.WriteLine();
        Console.WriteLine("| exit → code that awaits it, µs | median | against C | target |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var figure in figures)
        {
            var target = figure.Name.StartsWith("Osl", StringComparison.Ordinal) ? "≤ 1.5" : "";
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"| {figure.Name} | {figure.Value:F0} | {figure.Ratio:F2} | {target} |")
            );
        }

        async Task<double> MedianAsync(Func<Task> exited)
        {
            var times = new List<double>(count);
            for (var i = 0; i < count; i++)
            {
                await exited();
                times.Add((Stopwatch.GetTimestamp() - stamp.ReadInt64(0)) * 1e6 / Stopwatch.Frequency);
            }

            return Measure.Median(times);
        }

        async Task OslAsync() => await (await osl.ExecuteAsync(child, OperationContext.Current).OrThrow()).Live.Exited;

        async Task ProcessAsync()
        {
            using var process = Process.Start(floor.Program, ["stamp", file]);
            await process.WaitForExitAsync();
        }

        async Task MedallionAsync()
        {
            using var command = Command.Run(floor.Program, "stamp", file);
            await command.Task;
        }
    }
}
