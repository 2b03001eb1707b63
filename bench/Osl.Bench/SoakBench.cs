using System.Diagnostics;
using System.Globalization;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Bench;

/// <summary>A hundred thousand runs in a row: what the host has more of when they are over.</summary>
internal static class SoakBench
{
    private const int InFlight = 16;

    internal static async Task RunAsync(bool quick, OslHost osl)
    {
        var runs = quick ? 5_000 : 100_000;
        var run = new RunProcessOperation(new SpawnProcessOperation("/bin/true").WithNewProcessGroup());
        await Measure.PerCallAsync(2_000, InFlight, OneAsync);
        var before = Holds.Now();
        var each = await Measure.PerCallAsync(runs, InFlight, OneAsync);
        var after = Holds.Now();
        Console.WriteLine();
        Console.WriteLine($"| {runs} runs in a row, {InFlight} in flight | before | after |");
        Console.WriteLine("|---|---|---|");
        Console.WriteLine($"| descriptors | {before.Descriptors.Count} | {after.Descriptors.Count} |");
        Console.WriteLine($"| threads | {before.Threads.Count} | {after.Threads.Count} |");
        Console.WriteLine($"| children | {before.Children} | {after.Children} |");
        Console.WriteLine($"| managed memory, KiB | {before.Managed / 1024} | {after.Managed / 1024} |");
        Console.WriteLine($"| resident memory, KiB | {before.Resident / 1024} | {after.Resident / 1024} |");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| µs a run | | {each:F0} |"));
        Console.WriteLine(
            $"More than before: {string.Join(", ", [.. More(before.Descriptors, after.Descriptors), .. More(before.Threads, after.Threads)])}."
        );

        async ValueTask OneAsync() => (await osl.ExecuteAsync(run, OperationContext.Current).OrThrow()).EnsureSuccess();
    }

    /// <summary>What there is more of, by what it is called.</summary>
    private static IEnumerable<string> More(IReadOnlyList<string> before, IReadOnlyList<string> after) =>
        from same in after.GroupBy(name => name, StringComparer.Ordinal)
        let more = same.Count() - before.Count(name => string.Equals(name, same.Key, StringComparison.Ordinal))
        where more > 0
        select $"{more} × {same.Key}";

    private sealed record Holds(IReadOnlyList<string> Descriptors, IReadOnlyList<string> Threads, int Children, long Managed, long Resident)
    {
        internal static Holds Now()
        {
            var managed = Measure.Memory();
            using var self = Process.GetCurrentProcess();
            return new Holds(
                [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(descriptor => new FileInfo(descriptor).LinkTarget ?? "closed")],
                [.. Directory.GetDirectories("/proc/self/task").Select(task => File.ReadAllText(Path.Combine(task, "comm")).Trim())],
                Directory
                    .GetDirectories("/proc/self/task")
                    .Sum(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length),
                managed,
                self.WorkingSet64
            );
        }
    }
}
