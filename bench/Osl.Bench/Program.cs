using System.Diagnostics;
using System.Globalization;
using Medallion.Shell;
using Osl.Bench;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

// dotnet run -c Release --project bench/Osl.Bench [-- --quick] [--audit: the journal only] [--streams: output only] [--supervision: that only]
//     [--engine: exits, many live children, contexts] [--soak: a hundred thousand runs in a row, only when asked for]
// Prints a table; bench/RESULTS.md keeps the last one.
var quick = args.Contains("--quick");
var rounds = quick ? 3 : 9;
var count = quick ? 300 : 2000;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var audit = Directory.CreateTempSubdirectory("osl-bench-");
try
{
    using var floor = new Floor();
    if (args.Contains("--audit"))
    {
        await AuditBench.RunAsync(quick, floor, audit.FullName);
        return;
    }

    await using var osl = OslHost.Create(o => o.UseAuditDirectory(Path.Combine(audit.FullName, "audit")).UseRegistryDirectory(null));
    if (args.Contains("--supervision"))
    {
        await SupervisionBench.RunAsync(quick, osl);
        return;
    }

    if (args.Contains("--soak"))
    {
        await SoakBench.RunAsync(quick, osl);
        return;
    }

    if (args.Contains("--engine"))
    {
        await EngineAsync();
        return;
    }

    if (args.Contains("--streams"))
    {
        await StreamsBench.RunAsync(quick, floor, osl, audit.FullName);
        return;
    }

    Console.WriteLine(
        $"{Environment.ProcessorCount} cores, {Environment.OSVersion}, .NET {Environment.Version}, {rounds} rounds of {count}"
    );
    Console.WriteLine();
    Console.WriteLine(
        "| what | floor (C) | least in C# | ratio | Osl's executor alone | ratio | Osl, whole pipeline | ratio | target | System.Diagnostics.Process | ratio | MedallionShell | ratio |"
    );
    Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    await using var between = new Between();
    foreach (var (inFlight, target) in new[] { (1, "1.10"), (2, "1.25"), (16, "1.10") })
    {
        var figures = await Measure.RoundsAsync(
            rounds,
            ("floor", () => Task.FromResult(floor.Spawn(count, inFlight))),
            ("least", () => Measure.PerCallAsync(count, inFlight, between.PlainTrueAsync)),
            ("executor", () => Measure.PerCallAsync(count, inFlight, between.ExecutorTrueAsync)),
            ("osl", () => Measure.PerCallAsync(count, inFlight, RunTrueAsync)),
            ("process", () => Measure.PerCallAsync(count, inFlight, ProcessTrueAsync)),
            ("medallion", () => Measure.PerCallAsync(count, inFlight, MedallionTrueAsync))
        );
        Console.WriteLine(
            $"| spawn → exit, {inFlight} in flight, µs | {figures[0].Value:F0} | {Pair(figures[1])} | {Pair(figures[2])} | {Pair(figures[3])} | ≤ {target} | {Pair(figures[4])} | {Pair(figures[5])} |"
        );
    }

    static string Pair(Figure figure) => $"{figure.Value:F0} | {figure.Ratio:F2}";

    var tree = quick ? 300 : 1000;
    var looks = new List<double>();
    var kill = await Measure.RoundsAsync(
        quick ? 2 : 5,
        ("floor", () => Task.FromResult(floor.KillTree(tree))),
        ("osl", () => KillTreeAsync(tree))
    );
    Console.WriteLine(
        $"| ending a tree of {tree}, ms | {kill[0].Value / 1000:F1} | | | | | {kill[1].Value / 1000:F1} | {kill[1].Ratio:F2} | ≤ 2 | see facts: 1443 | | root only | |"
    );
    Console.WriteLine($"| one look at its members, ms | | | | | | {Measure.Median(looks) / 1000:F1} | | | | | | |");

    Console.WriteLine();
    Console.WriteLine("| what | Osl | target | System.Diagnostics.Process |");
    Console.WriteLine("|---|---|---|---|");
    var allocated = await Measure.AllocatedAsync(quick ? 200 : 1000, RunTrueAsync);
    var allocatedByProcess = await Measure.AllocatedAsync(quick ? 200 : 1000, ProcessTrueAsync);
    Console.WriteLine($"| allocated per spawn → exit, whole pipeline, bytes | {allocated:F0} | | {allocatedByProcess:F0} |");
    var allocatedByExecutor = await Measure.AllocatedAsync(quick ? 200 : 1000, between.ExecutorTrueAsync);
    Console.WriteLine($"| the same, the executor alone, bytes | {allocatedByExecutor:F0} | 2048 | |");

    await using var judged = OslHost.Create(o =>
        o.UseAuditDirectory(Path.Combine(audit.FullName, "audit-2"))
            .UseRegistryDirectory(null)
            .UsePolicy(new HundredRules())
            .Register(NoOperation.Definition)
    );
    var nothing = new NoOperation("nothing");
    var alone = await Measure.RoundsAsync(rounds, ("pipeline", () => Measure.PerCallAsync(count * 5, 1, NothingAsync)));
    var allocatedAlone = await Measure.AllocatedAsync(2000, NothingAsync);
    Console.WriteLine($"| pipeline alone, 100 rules, intent and outcome written, µs | {alone[0].Value:F1} | 10 | |");
    Console.WriteLine(
        $"| two records of 500 bytes appended in C, nothing made, judged or hashed, µs | {2 * floor.Records(count * 10, 500, Path.Combine(audit.FullName, "records")):F1} | | |"
    );
    Console.WriteLine($"| the pipeline's allocation, bytes | {allocatedAlone:F0} | 2048 | |");
    var decision = await new PolicyBench().MeasureAsync(rounds, count * 20);
    Console.WriteLine($"| one decision, policy of 1,000 rules, µs | {decision.Microseconds:F2} | 10 | |");
    Console.WriteLine($"| the same, bytes | {decision.Bytes:F1} | 0 | |");

    // To publish takes longer than all of the rest of a quick run.
    if (!quick)
    {
        using var startUp = new StartUp();
        var starts = await startUp.MeasureAsync(21);
        Console.WriteLine();
        Console.WriteLine("| start of a whole process, ReadyToRun, ms | median | against hello | target |");
        Console.WriteLine("|---|---|---|---|");
        Console.WriteLine($"| dotnet hello | {starts[0].Value:F0} | 1 | |");
        Console.WriteLine($"| osl run -- true | {starts[1].Value:F0} | {starts[1].Ratio:F2} | ≤ 3 |");
        Console.WriteLine($"| env true | {starts[2].Value:F1} | {starts[2].Ratio:F2} | |");
    }

    await AuditBench.RunAsync(quick, floor, audit.FullName);
    await StreamsBench.RunAsync(quick, floor, osl, audit.FullName);
    await EngineAsync();
    await SupervisionBench.RunAsync(quick, osl);

    async Task EngineAsync()
    {
        await ExitBench.RunAsync(quick, floor, osl, audit.FullName);
        await LiveChildrenBench.RunAsync(quick, floor, osl, audit.FullName);
        await ContextBench.RunAsync(quick, osl);
    }

    async ValueTask NothingAsync() => await judged.ExecuteAsync(nothing, OperationContext.Current).OrThrow();

    async ValueTask RunTrueAsync()
    {
        var run = await osl.ExecuteAsync(
                new RunProcessOperation(new SpawnProcessOperation("/bin/true").WithNewProcessGroup()),
                OperationContext.Current
            )
            .OrThrow();
        run.EnsureSuccess();
    }

    async ValueTask ProcessTrueAsync()
    {
        using var process = Process.Start("/bin/true");
        await process.WaitForExitAsync();
    }

    async ValueTask MedallionTrueAsync()
    {
        using var command = Command.Run("/bin/true");
        await command.Task;
    }

    async Task<double> KillTreeAsync(int size)
    {
        var leader = await osl.ExecuteAsync(Sleeper(), OperationContext.Current).OrThrow();
        for (var i = 1; i < size; i++)
        {
            await osl.ExecuteAsync(
                    new SpawnProcessOperation("/bin/sleep", ["600"]).WithProcessGroup(leader.Group!),
                    OperationContext.Current
                )
                .OrThrow();
        }

        var start = Stopwatch.GetTimestamp();
        await osl.ExecuteAsync(new QueryProcessGroupOperation(leader.Group!), OperationContext.Current).OrThrow();
        looks.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        start = Stopwatch.GetTimestamp();
        var stopped = await osl.ExecuteAsync(new KillProcessGroupOperation(leader.Group!), OperationContext.Current).OrThrow();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        return stopped.Ended == size ? elapsed : throw new InvalidOperationException($"{stopped.Ended} of {size} ended.");
    }
}
finally
{
    audit.Delete(recursive: true);
}

static SpawnProcessOperation Sleeper() => new SpawnProcessOperation("/bin/sleep", ["600"]).WithNewProcessGroup();
