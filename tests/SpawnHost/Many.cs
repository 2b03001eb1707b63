using System.Diagnostics;
using System.Globalization;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.SpawnHost;

/// <summary>Many runs at once, while System.Diagnostics.Process is used beside them; every exit code is checked, ours and theirs.</summary>
internal static class Many
{
    internal static async Task<int> RunAsync(OslHost osl, int total, int inFlight)
    {
        // One of each first: what is made once for good is not a leak.
        await OneAsync(osl, 0);
        await OneOfTheirsAsync(0);
        var before = Descriptors();

        var next = 0;
        var atOnce = 0;
        var peak = 0;
        var theirs = Task.Run(async () =>
        {
            for (var i = 0; i < total / 20; i++)
            {
                await OneOfTheirsAsync(i);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(WorkAsync)));
        await theirs;
        await osl.DisposeAsync();

        Console.WriteLine($"runs {total}");
        Console.WriteLine($"in flight {peak}");
        Console.WriteLine($"zombies {Children().Count(state => state == 'Z')}");
        Console.WriteLine($"children {Children().Count}");
        // The host is closed: journal, registry, guardian and the executor's loops have given theirs back as well.
        Console.WriteLine($"descriptors left over {Math.Max(0, Descriptors() - before)}");
        Console.WriteLine($"threads left over {Threads().Count(name => name.StartsWith("osl-", StringComparison.Ordinal))}");
        return 0;

        async Task WorkAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= total; )
            {
                var now = Interlocked.Increment(ref atOnce);
                InterlockedMax(ref peak, now);
                await OneAsync(osl, i % 256);
                Interlocked.Decrement(ref atOnce);
            }
        }
    }

    private static async Task OneAsync(OslHost osl, int code)
    {
        // It waits for its input's end, so that those in flight are alive at once.
        var spawned = await osl.ExecuteAsync(
                new SpawnProcessOperation("/bin/sh", ["-c", $"read line; exit {code}"])
                    .WithNewProcessGroup()
                    .WithStandardInput(StandardInputKind.Pipe),
                OperationContext.Current
            )
            .OrThrow();
        await spawned.Live.DisposeAsync();
        var exit = await spawned.Live.Exited;
        if (exit.Status?.ExitCode != code)
        {
            throw new InvalidOperationException($"Expected {code}, got {exit}.");
        }
    }

    private static async Task OneOfTheirsAsync(int i)
    {
        var code = i % 256;
        using var process = Process.Start("/bin/sh", ["-c", $"exit {code}"]);
        await process.WaitForExitAsync();
        if (process.ExitCode != code)
        {
            throw new InvalidOperationException($"System.Diagnostics.Process: expected {code}, got {process.ExitCode}.");
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; )
        {
            seen = Interlocked.CompareExchange(ref target, value, seen) is var was && was == seen ? value : was;
        }
    }

    internal static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    internal static List<string> Threads() =>
        [.. Directory.GetDirectories("/proc/self/task").Select(task => File.ReadAllText(task + "/comm"))];

    internal static List<char> Children() =>
        [
            .. Directory
                .GetDirectories("/proc/self/task")
                .SelectMany(task => File.ReadAllText(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(pid => File.ReadAllText($"/proc/{int.Parse(pid, CultureInfo.InvariantCulture)}/stat").Split(") ")[^1][0]),
        ];
}
