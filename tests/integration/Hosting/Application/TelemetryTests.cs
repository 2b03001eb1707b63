using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Osl.Hosting;
using Osl.Hosting.Telemetry;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Hosting.Application;

/// <summary>What a real OpenTelemetry SDK sees (knowledge/telemetry.md). Alone, since sources and meters are the program's, not the host's.</summary>
[Collection(nameof(Alone))]
[UnsupportedOSPlatform("windows")]
public sealed class TelemetryTests : IDisposable
{
    private const string Secret = "hunter2-do-not-tell";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-telemetry-");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Operations_are_activities_with_the_conventions_names_and_nothing_secret()
    {
        var seen = new List<Activity>();
        using var provider = Sdk.CreateTracerProviderBuilder()
            .AddSource(OslTelemetry.ActivitySourceName)
            .AddProcessor(new SimpleActivityExportProcessor(new Collector(seen)))
            .Build();
        await using var osl = Create();
        var spawned = await osl.ExecuteAsync(
                new SpawnProcessOperation("/bin/sleep", ["600"]).WithNewProcessGroup().WithEnvironmentVariable("TOKEN", Secret),
                new OperationContext(Principal.Current, Secret),
                Test
            )
            .OrThrow();
        var stopped = await spawned.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();
        var ran = await osl.RunAsync("/bin/sh", ["-c", $": {Secret}; exit 7"], Test).OrThrow();
        var missing = (await osl.RunAsync("/no/such/program", [Secret], Test)).AsT1;

        string[] names = ["spawn_process", "kill_process_group", "run_process", "run_process"];
        Assert.Equal(names, seen.Select(activity => activity.DisplayName), StringComparer.Ordinal);
        var (spawn, kill, run, failed) = (seen[0], seen[1], seen[2], seen[3]);
        Assert.Equal(spawned.OperationId.ToString(), Tag(spawn, "osl.operation.id"));
        Assert.Equal(spawned.Pid, Tag(spawn, "process.pid"));
        Assert.Equal("sleep", Tag(spawn, "process.executable.name"));
        Assert.Equal("succeeded", Tag(spawn, "osl.outcome"));
        Assert.NotNull(Tag(spawn, "osl.policy.rule"));
        Assert.Equal(spawned.OperationId.ToString(), Tag(kill, "osl.operation.parent"));
        Assert.Equal(stopped.TargetPid, Tag(kill, "process.group_leader.pid"));
        Assert.Equal((ran.Pid, 7), (Tag(run, "process.pid"), Tag(run, "process.exit.code")));
        Assert.Equal(ActivityStatusCode.Unset, run.Status);
        Assert.Equal((missing.Code, ActivityStatusCode.Error), (Tag(failed, "error.type"), failed.Status));
        Assert.DoesNotContain(
            seen.SelectMany(activity => activity.TagObjects.Select(tag => Convert.ToString(tag.Value, CultureInfo.InvariantCulture))),
            text => text!.Contains(Secret, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Operations_processes_and_groups_are_counted()
    {
        var seen = new Dictionary<string, double>(StringComparer.Ordinal);
        using var provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(OslTelemetry.MeterName)
            .AddReader(new BaseExportingMetricReader(new MetricCollector(seen)))
            .Build();
        await using var osl = Create();
        for (var i = 0; i < 3; i++)
        {
            _ = await osl.RunAsync("/bin/true", [], Test).OrThrow();
        }

        _ = await osl.RunAsync("/bin/false", [], Test).OrThrow();
        _ = await osl.RunAsync("/no/such/program", [], Test);
        var spawned = await osl.ExecuteAsync(
                new SpawnProcessOperation("/bin/sleep", ["600"]).WithNewProcessGroup(),
                OperationContext.Current,
                Test
            )
            .OrThrow();
        // A run that is through is taken out of the live ones a moment after it has answered.
        await Until.TrueAsync(() => provider.ForceFlush() && seen["osl.processes"] <= 1);
        Assert.Equal(1, seen["osl.processes"]);
        Assert.Equal(5, seen["osl.groups.started"]);
        _ = await spawned.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();
        _ = await spawned.Live.Exited;
        // The last groups are seen to be empty a moment after their leaders' ends; the shutdown waits for all of them.
        // The gauge of one flush may have been read before the last of them was taken out of the live ones.
        await Until.TrueAsync(() => provider.ForceFlush() && seen["osl.groups.ended"] >= 5 && seen["osl.processes"] == 0);
        Assert.Equal(4, seen["osl.operations run_process succeeded"]);
        Assert.Equal(1, seen["osl.operations run_process not_found"]);
        Assert.Equal(1, seen["osl.operations spawn_process succeeded"]);
        Assert.Equal(4, seen["osl.operation.duration run_process succeeded"]);
        Assert.Equal(3, seen["osl.process.exits exited"]);
        Assert.Equal(1, seen["osl.process.exits failed"]);
        Assert.Equal(1, seen["osl.process.exits signalled"]);
        Assert.True(seen["osl.process.cpu.time user"] + seen["osl.process.cpu.time system"] > 0);
    }

    private OslHost Create() =>
        OslHost.Create(options =>
            options
                .UseAuditDirectory(Path.Combine(_directory.FullName, "audit"))
                .UseRegistryDirectory(Path.Combine(_directory.FullName, "registry"))
        );

    private static object? Tag(Activity activity, string name) => activity.GetTagItem(name);

    private sealed class Collector(List<Activity> seen) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var activity in batch)
            {
                seen.Add(activity);
            }

            return ExportResult.Success;
        }
    }

    /// <summary>The last value of each point; of a histogram its count.</summary>
    private sealed class MetricCollector(Dictionary<string, double> seen) : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    var name = metric.Name;
                    // In the order in which knowledge/telemetry.md names them.
                    var tags = new List<string>();
                    foreach (var tag in point.Tags)
                    {
                        tags.Add((string)tag.Value!);
                    }

                    seen[string.Join(' ', [name, .. tags])] = metric.MetricType switch
                    {
                        MetricType.Histogram => point.GetHistogramCount(),
                        MetricType.DoubleSum => point.GetSumDouble(),
                        _ => point.GetSumLong(),
                    };
                }
            }

            return ExportResult.Success;
        }
    }
}
