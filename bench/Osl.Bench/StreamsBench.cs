using System.Diagnostics;
using Medallion.Shell;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Bench;

/// <summary>What a program writes, read to the end, beside a read loop in C: bytes, and lines. Checked to be complete each time.</summary>
internal static class StreamsBench
{
    internal static async Task RunAsync(bool quick, Floor floor, OslHost osl, string directory)
    {
        var bytes = quick ? 64L << 20 : 1L << 30;
        var lines = quick ? 1_000_000 : 10_000_000;
        var rounds = quick ? 3 : 7;
        var file = Path.Combine(directory, "lines");
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, lines).Select(n => $"{n}"));
        string[] dd = ["/bin/dd", "if=/dev/zero", "bs=64K", $"count={bytes >> 16}", "status=none"];
        string[] cat = ["/bin/cat", file];

        var read = await Measure.RoundsAsync(
            rounds,
            ("C read loop", () => Task.FromResult(floor.Read(bytes, dd))),
            ("a capture of 1 MiB, the rest counted", () => CaptureAsync(StandardOutputConfig.Capture())),
            ("CopyOutputAsync to Stream.Null", CopyAsync),
            ("a tee: capture and a rotated file", () => CaptureAsync(Tee())),
            (
                "Process, BaseStream.CopyToAsync",
                () => ProcessAsync(dd, async process => await process.StandardOutput.BaseStream.CopyToAsync(Stream.Null))
            ),
            ("MedallionShell, RedirectTo(Stream.Null)", MedallionAsync)
        );
        Print($"output of {bytes >> 20} MiB, ms", read, "speed ≥ 0.95 ×: ≤ 1.05");
        var split = await Measure.RoundsAsync(
            rounds,
            ("C read loop with memchr", () => Task.FromResult(floor.Lines(lines, cat))),
            ("LineReader", LinesAsync),
            ("ReadLinesAsync, a string each", StringsAsync),
            ("Process, StreamReader.ReadLineAsync", () => ProcessAsync(cat, ReadAllAsync))
        );
        Print($"{lines:N0} lines, ms", split, "≤ 2");

        async Task<double> CaptureAsync(StandardOutputConfig output)
        {
            var start = Stopwatch.GetTimestamp();
            var spawn = Spawn(dd).WithStandardOutput(output);
            var run = await osl.ExecuteAsync(new RunProcessOperation(spawn), OperationContext.Current).OrThrow();
            return Checked(start, run.StandardOutput.TotalBytes, bytes);
        }

        async Task<double> MedallionAsync()
        {
            var start = Stopwatch.GetTimestamp();
            using var command = Command.Run(dd[0], dd[1..]).RedirectTo(Stream.Null);
            await command.Task;
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        async Task<double> CopyAsync()
        {
            var start = Stopwatch.GetTimestamp();
            var spawned = await osl.ExecuteAsync(Spawn(dd).WithStandardOutput(StandardOutputConfig.Pipe), OperationContext.Current)
                .OrThrow();
            var copied = await spawned.Live.CopyOutputAsync(Stream.Null);
            await spawned.Live.Exited;
            return Checked(start, copied, bytes);
        }

        async Task<double> LinesAsync()
        {
            var start = Stopwatch.GetTimestamp();
            var spawned = await osl.ExecuteAsync(Spawn(cat).WithStandardOutput(StandardOutputConfig.Pipe), OperationContext.Current)
                .OrThrow();
            var reader = new LineReader(spawned.Live.StandardOutput!);
            while (await reader.WaitAsync())
            {
                TakeAll(reader);
            }

            await spawned.Live.Exited;
            return Checked(start, reader.Count, lines);
        }

        async Task<double> StringsAsync()
        {
            var start = Stopwatch.GetTimestamp();
            var spawned = await osl.ExecuteAsync(Spawn(cat).WithStandardOutput(StandardOutputConfig.Pipe), OperationContext.Current)
                .OrThrow();
            long count = 0;
            await foreach (var line in spawned.Live.ReadLinesAsync())
            {
                count += line.Length > 0 ? 1 : 0;
            }

            await spawned.Live.Exited;
            return Checked(start, count, lines);
        }

        StandardOutputConfig Tee() =>
            StandardOutputConfig.Tee(
                StandardOutputConfig.Capture(),
                StandardOutputConfig.ToRotatedFile(Path.Combine(directory, "log"), 64 << 20, count: 1)
            );
    }

    private static void TakeAll(LineReader reader)
    {
        while (reader.TryRead(out _)) { }
    }

    private static async Task ReadAllAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync() is not null) { }
    }

    private static async Task<double> ProcessAsync(string[] program, Func<Process, Task> read)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(
            new ProcessStartInfo(program[0], program[1..]) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        await read(process);
        await process.WaitForExitAsync();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    private static SpawnProcessOperation Spawn(string[] program) =>
        new SpawnProcessOperation(program[0]).WithArguments(program[1..]).WithNewProcessGroup();

    private static double Checked(long start, long count, long expected) =>
        count == expected
            ? Stopwatch.GetElapsedTime(start).TotalMicroseconds
            : throw new InvalidOperationException($"{count} instead of {expected}.");

    private static void Print(string what, IReadOnlyList<Figure> figures, string target)
    {
        Console.WriteLine();
        Console.WriteLine($"| {what} | median | against C | target |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var figure in figures)
        {
            var aim =
                figure.Name.StartsWith("C ", StringComparison.Ordinal) || figure.Name.StartsWith("Process", StringComparison.Ordinal)
                    ? ""
                    : target;
            Console.WriteLine($"| {figure.Name} | {figure.Value / 1000:F0} | {figure.Ratio:F2} | {aim} |");
        }
    }
}
