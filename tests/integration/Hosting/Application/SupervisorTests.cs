using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Osl.Extensions.Hosting;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Trees;

namespace Osl.Tests.Integration.Hosting.Application;

/// <summary>A supervision tree in an application.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SupervisorTests : ApplicationTest
{
    [Fact]
    public async Task Children_run_with_the_application_and_none_of_their_processes_outlives_it()
    {
        using var host = BuildWith(supervisor =>
            supervisor.Add(ChildSpec.Process("a", Executor!, Sleeper())).Add(ChildSpec.Process("b", Executor!, Sleeper()))
        );
        await host.StartAsync(Test);
        var supervisor = host.Services.GetRequiredService<Supervisor>();
        await supervisor.Up;
        Assert.Equal(HealthStatus.Healthy, (await LookAsync(host)).Status);
        var registry = host.Services.GetRequiredService<OslHost>().Registry;
        Assert.Equal(2, registry.Live().Count);
        await host.StopAsync(Test);
        Assert.All(supervisor.Children, child => Assert.Equal(LifecycleState.Ended, child.State));
        Assert.Empty(registry.Live());
    }

    [Fact]
    public async Task A_child_that_was_given_up_degrades_and_a_supervisor_that_gives_up_stops_the_application()
    {
        using var host = BuildWith(
            supervisor =>
                supervisor
                    .Add(ChildSpec.Process("once", Executor!, new("/bin/false")) with { Kind = ChildKind.Temporary })
                    .Add(ChildSpec.Process("fails", Executor!, Sleeper())),
            new SupervisorOptions { MaxRestarts = 0 }
        );
        var stopping = new TaskCompletionSource();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        var supervisor = host.Services.GetRequiredService<Supervisor>();
        using var events = supervisor.Events.Subscribe();
        await host.StartAsync(Test);
        await UntilAsync(events, "once", LifecycleState.Failed);
        await supervisor.Up;
        var health = await LookAsync(host);
        Assert.Equal((HealthStatus.Degraded, "child 'once' has failed"), (health.Status, health.Description));

        var osl = host.Services.GetRequiredService<OslHost>();
        _ = await osl.ExecuteAsync(new KillProcessOperation(supervisor.Children[1].Processes[0].Process), OperationContext.Current, Test)
            .OrThrow();
        await stopping.Task.WaitAsync(Test);
        Assert.Equal(HealthStatus.Unhealthy, (await LookAsync(host)).Status);
        await host.StopAsync(Test);
        Assert.Empty(osl.Registry.Live());
    }

    private IOperationExecutor? Executor { get; set; }

    private IHost BuildWith(Func<Supervisor, Supervisor> add, SupervisorOptions? options = null) =>
        Build(builder =>
        {
            builder.Services.AddOslSupervisor(
                (supervisor, services) =>
                {
                    Executor = services.GetRequiredService<IOperationExecutor>();
                    _ = add(supervisor);
                },
                options
            );
            builder.Services.AddHealthChecks().AddOslSupervisor();
        });

    private static SpawnProcessOperation Sleeper() => new("/bin/sleep", ["600"]);

    private static async Task<HealthReportEntry> LookAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Test)).Entries["osl-supervisor"];

    private static async Task UntilAsync(Subscription<SupervisorEvent> events, string path, LifecycleState state)
    {
        while (
            (await events.NextAsync(Test))!.Value.Event is not SupervisorEvent.Changed changed
            || changed.To != state
            || !string.Equals(changed.Path, path, StringComparison.Ordinal)
        )
        {
            // Something else.
        }
    }
}
