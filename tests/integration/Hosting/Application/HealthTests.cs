using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Osl.Executors.Registry;
using Osl.Extensions.Hosting;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Testing;

namespace Osl.Tests.Integration.Hosting.Application;

/// <summary>What the health check says, of real failures.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HealthTests : ApplicationTest
{
    [Fact]
    public async Task A_host_at_work_is_healthy_in_all_parts()
    {
        using var host = BuildWithChecks();
        await host.StartAsync(Test);
        Assert.Equal(HealthStatus.Healthy, (await LookAsync(host)).Status);
        _ = await host.Services.GetRequiredService<OslHost>().RunAsync("true", [], Test).OrThrow();
        var health = await LookAsync(host);
        Assert.Equal(HealthStatus.Healthy, health.Status);
        Assert.Equal(["guardian", "journal", "policy", "watcher"], health.Data.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal("Healthy: The guardian is there.", health.Data["guardian"]);
        await host.StopAsync(Test);
    }

    [Fact]
    public async Task A_guardian_that_is_lost_again_and_again_degrades_until_another_follows()
    {
        // The clock of the pause before the third guardian stands still until it is told.
        var time = new ManualTimeProvider();
        using var host = BuildWithChecks((options, _) => options.UseTimeProvider(time));
        await host.StartAsync(Test);
        var osl = host.Services.GetRequiredService<OslHost>();
        var program = await osl.ExecuteAsync(
                new SpawnProcessOperation("sleep", ["600"]).WithNewProcessGroup().WithStandardOutput(StandardOutputConfig.Null),
                OperationContext.Current,
                Test
            )
            .OrThrow();
        var first = Guardian(osl);
        Kill(first);
        await Until.TrueAsync(() => Guardian(osl) is var now && now != first && now != 0);

        Assert.Equal(HealthStatus.Healthy, (await LookAsync(host)).Status);
        Kill(Guardian(osl));
        await Until.TrueAsync(() => osl.Parts.Registry.IsGuarded is not true);

        var health = await LookAsync(host);
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.StartsWith("guardian: The guardian is gone", health.Description, StringComparison.Ordinal);
        await Until.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return osl.Parts.Registry.IsGuarded is true;
        });

        Assert.Equal(HealthStatus.Healthy, (await LookAsync(host)).Status);
        _ = await program.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();
        await host.StopAsync(Test);

        static int Guardian(OslHost osl) => ((DeferredRegistry)osl.Parts.Registry).GuardianPid;

        static void Kill(int pid)
        {
            using var guardian = Process.GetProcessById(pid);
            guardian.Kill();
        }
    }

    [Fact]
    public async Task A_journal_that_can_not_be_opened_is_unhealthy_and_healthy_again_once_it_can()
    {
        await File.WriteAllTextAsync(PathOf("audit"), "in the way", Test);
        using var host = BuildWithChecks();
        await host.StartAsync(Test);
        var health = await LookAsync(host);
        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.StartsWith("journal: The audit journal can't be written", health.Description, StringComparison.Ordinal);
        File.Delete(PathOf("audit"));
        Assert.Equal(HealthStatus.Healthy, (await LookAsync(host)).Status);
        await host.StopAsync(Test);
    }

    [Fact]
    public async Task A_record_that_could_not_be_written_degrades_until_one_can()
    {
        var journal = new CollectingJournal();
        using var host = BuildWithChecks((options, _) => options.UseJournal(journal));
        await host.StartAsync(Test);
        var osl = host.Services.GetRequiredService<OslHost>();
        journal.Fail();
        Assert.IsType<AuditUnavailable>((await osl.RunAsync("true", [], Test)).AsT1);
        Assert.Equal(HealthStatus.Degraded, (await LookAsync(host)).Status);
        journal.Recover();
        _ = await osl.RunAsync("true", [], Test).OrThrow();
        Assert.Equal(HealthStatus.Healthy, (await LookAsync(host)).Status);
        await host.StopAsync(Test);
    }

    [Fact]
    public async Task A_policy_that_does_not_load_any_more_degrades()
    {
        await File.WriteAllTextAsync(PathOf("policy.yaml"), "version: 1\nrules: []", Test);
        using var host = BuildWithChecks((options, _) => options.UsePolicyFile(PathOf("policy.yaml")));
        await host.StartAsync(Test);
        var osl = host.Services.GetRequiredService<OslHost>();
        await File.WriteAllTextAsync(PathOf("policy.yaml"), "rulez: []", Test);
        _ = await osl.ReloadPolicyAsync();
        var health = await LookAsync(host);
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains(osl.PolicyHash, health.Description, StringComparison.Ordinal);
        await host.StopAsync(Test);
    }

    private IHost BuildWithChecks(Action<OslHostOptions, IServiceProvider>? compose = null) =>
        Build(builder => builder.Services.AddHealthChecks().AddOsl(), compose: compose);

    private static async Task<HealthReportEntry> LookAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Test)).Entries["osl"];
}
