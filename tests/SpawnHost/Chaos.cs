using System.Globalization;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.SpawnHost;

/// <summary>
/// Everything at random, eight at once, for some time: runs, spawns, signals, kills, stops, disposed views, cancelled calls, calls of
/// every kind while the last descriptors are gone. Every answer is a value or the cancellation that was asked for; afterwards the host
/// holds what it held before.
/// </summary>
internal sealed class Chaos(OslHost osl, int seed, bool starves)
{
    private const int Workers = 8;
    private const int Ways = 6;
    private static readonly string[] Kinds = ["plain", "captured", "context"];

    private readonly Dictionary<string, int> _seen = [];

    internal static async Task<int> RunAsync(OslHost osl, TimeSpan time, int seed, bool starves)
    {
        var chaos = new Chaos(osl, seed, starves);
        // Each of them first: what is loaded and made once for good is not a leak, and when the last descriptors are gone the runtime
        // itself can't load what it has never used.
        for (var way = 0; way < Ways * 4; way++)
        {
            await chaos.OneAsync(way % Ways, new Random(seed + way));
        }

        foreach (var kind in Kinds)
        {
            _ = await osl.ExecuteAsync(Faults.Operation(kind), OperationContext.Current).OrThrow();
        }

        chaos._seen.Clear();
        var before = HostState.Descriptors();
        var heldBefore = HostState.Held().ToHashSet(StringComparer.Ordinal);
        using var over = new CancellationTokenSource(time);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => chaos.WorkAsync(worker, over.Token))));
        // What has just ended is let go of on the pool.
        for (var look = 0; look < 500 && (osl.Registry.Live().Count > 0 || HostState.Descriptors() > before); look++)
        {
            await Task.Delay(10, CancellationToken.None);
        }

        var live = osl.Registry.Live().Count;
        var descriptors = HostState.Descriptors() - before;
        var held = string.Join(' ', HostState.Held().Except(heldBefore, StringComparer.Ordinal));
        await osl.DisposeAsync();
        foreach (var (what, count) in chaos._seen.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {count}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"live {live}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"descriptors left over {Math.Max(0, descriptors)}"));
        Console.WriteLine($"newly held {held}");
        var threads = HostState.Threads().FindAll(name => name.StartsWith("osl-", StringComparison.Ordinal));
        Console.WriteLine($"threads left over {threads.Count}{string.Concat(threads.Select(name => " " + name))}");
        Console.WriteLine($"children {HostState.Children().Count}");
        Console.WriteLine($"memory {GC.GetTotalMemory(forceFullCollection: true) / 1024 / 1024} MiB");
        return 0;
    }

    private async Task WorkAsync(int worker, CancellationToken over)
    {
        var random = new Random(seed + worker);
        while (!over.IsCancellationRequested)
        {
            await OneAsync(random.Next(Ways), random);
        }
    }

    private Task OneAsync(int way, Random random) =>
        way switch
        {
            0 => RunOneAsync(random, CancellationToken.None),
            1 => TreeAsync(random),
            2 => CancelAsync(random),
            3 => StopAsync(random),
            4 => NoSuchAsync(),
            _ when starves => StarveAsync(random),
            _ => RunOneAsync(random, CancellationToken.None),
        };

    private async Task RunOneAsync(Random random, CancellationToken cancellation) =>
        Count("run", await osl.ExecuteAsync(Faults.Operation(Kinds[random.Next(Kinds.Length)]), OperationContext.Current, cancellation));

    /// <summary>Before it begins, in the midst of it or after it.</summary>
    private async Task CancelAsync(Random random)
    {
        using var cancellation = new CancellationTokenSource();
        var run = osl.ExecuteAsync(
                new RunProcessOperation(new SpawnProcessOperation("/bin/sleep", ["600"]).WithNewProcessGroup()),
                OperationContext.Current,
                cancellation.Token
            )
            .AsTask();
        for (var turn = random.Next(200); turn > 0; turn--)
        {
            await Task.Yield();
        }

        await cancellation.CancelAsync();
        try
        {
            Count("cancelled", await run);
        }
        catch (OperationCanceledException)
        {
            Count("cancelled", "cancelled");
        }
    }

    /// <summary>A tree that is signalled, then ended as a group; the view of it is disposed at some time.</summary>
    private async Task TreeAsync(Random random)
    {
        var spawned = await SpawnAsync(random);
        if (spawned is null)
        {
            return;
        }

        if (random.Next(2) == 0)
        {
            await spawned.Live.DisposeAsync();
        }

        Count(
            "signal",
            await osl.ExecuteAsync(ProcessSignalOperation.ForGroup(spawned.Group!, Signal.FromNumber(10)), OperationContext.Current)
        );
        Count(
            "kill group",
            await osl.ExecuteAsync(new KillProcessGroupOperation(spawned.Group!).WithGracePeriod(TimeSpan.Zero), OperationContext.Current)
        );
        _ = await spawned.Live.Exited;
        await spawned.Live.DisposeAsync();
    }

    /// <summary>Two ways to end the same one at once.</summary>
    private async Task StopAsync(Random random)
    {
        if (await SpawnAsync(random) is not { } spawned)
        {
            return;
        }

        var stop = spawned.Live.StopAsync(StopSequence.Graceful(TimeSpan.Zero)).AsTask();
        var kill = osl.ExecuteAsync(new KillProcessOperation(spawned.Process), OperationContext.Current).AsTask();
        Count("stop", await stop);
        Count("kill", await kill);
        _ = await spawned.Live.Exited;
        await spawned.Live.DisposeAsync();
    }

    private async Task NoSuchAsync() =>
        Count("no such program", await osl.ExecuteAsync(new RunProcessOperation("/no/such/program"), OperationContext.Current));

    /// <summary>While hardly a descriptor is left.</summary>
    private async Task StarveAsync(Random random)
    {
        var taken = new List<FileStream>();
        try
        {
            try
            {
                while (taken.Count < 100_000)
                {
                    taken.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.Read));
                }
            }
            catch (IOException)
            {
                // That was the last.
            }

            // With none at all the runtime itself aborts at times ("Out of memory.", knowledge/descriptors.md).
            foreach (var some in taken.TakeLast(random.Next(4, 12)))
            {
                await some.DisposeAsync();
            }

            await RunOneAsync(random, CancellationToken.None);
        }
        finally
        {
            foreach (var each in taken)
            {
                await each.DisposeAsync();
            }
        }
    }

    private async Task<SpawnProcessResult?> SpawnAsync(Random random)
    {
        var tree = new SpawnProcessOperation("/bin/sh", ["-c", "trap : USR1; sleep 600 & sleep 600 & wait; wait"]).WithNewProcessGroup();
        var outcome = await osl.ExecuteAsync(
            random.Next(2) == 0 ? tree.WithStandardOutput(StandardOutputConfig.Pipe) : tree.WithStandardOutput(StandardOutputConfig.Null),
            OperationContext.Current
        );
        Count("spawn", outcome);
        return outcome.TryPickT0(out var spawned, out _) ? spawned : null;
    }

    private void Count<T>(string what, OneOf<T, OperationError> outcome)
        where T : notnull =>
        Count(what, outcome.Match(_ => "ok", error => error is SpawnFailed failed ? $"{failed.Code}:{failed.ErrorName}" : error.Code));

    private void Count(string what, string outcome)
    {
        lock (_seen)
        {
            var key = $"{what}: {outcome}";
            _seen[key] = _seen.GetValueOrDefault(key) + 1;
        }
    }
}
