using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Osl.Extensions.Hosting;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Services;

namespace Osl.Tests.Integration.Hosting.Application;

/// <summary>Start and stop of an application with Osl in it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LifetimeTests : ApplicationTest
{
    [Fact]
    public async Task Every_mistake_in_the_settings_is_told_when_the_application_starts()
    {
        await File.WriteAllTextAsync(PathOf("bad.yaml"), "rulez: []", Test);
        using var host = Build(
            settings: new(StringComparer.Ordinal)
            {
                ["Osl:AuditDirectory"] = "audit",
                ["Osl:PolicyFiles:0"] = PathOf("bad.yaml"),
                ["Osl:ShutdownReserve"] = "00:05:00",
            }
        );
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Test));
        var failures = refused.Failures.ToArray();
        Assert.Equal("Osl:AuditDirectory: 'audit' is not an absolute path.", failures[0]);
        Assert.Contains(failures, failure => failure.Contains("bad.yaml:1:1:", StringComparison.Ordinal));
        Assert.StartsWith("Osl:ShutdownReserve: 00:05:00 has to be", failures[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gentle_end_is_given_its_time()
    {
        using var host = Build();
        await host.StartAsync(Test);
        var (live, output) = await StartAsync(
            host,
            new SpawnProcessOperation("/bin/sh", ["-c", "trap 'echo bye; exit 3' TERM; echo ready; sleep 600 & wait"])
                .WithNewProcessGroup()
                .WithStandardOutput(StandardOutputConfig.Pipe)
        );
        await host.StopAsync(Test);
        Assert.Equal("bye", await output.ReadLineAsync(Test));
        Assert.Equal(new ExitStatus(3), (await live.Exited).Status);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
            await host.Services.GetRequiredService<OslHost>().RunAsync("true", [], Test)
        );
    }

    [Fact]
    public async Task Who_does_not_end_is_killed_within_the_hosts_own_shutdown_time()
    {
        using var host = Build();
        await host.StartAsync(Test);
        var (live, output) = await StartAsync(host, Stubborn());
        var stopping = host.StopAsync(Test);
        // It was asked, and has an hour by its own stop sequence; the host has 30 s, of which 2 s are kept.
        Assert.Equal("term", await output.ReadLineAsync(Test));
        Clock.Advance(TimeSpan.FromSeconds(27));
        Assert.False(live.Exited.IsCompleted);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await stopping;
        Assert.Equal(Signal.Kill, (await live.Exited).Status!.Signal);
    }

    [Fact]
    public async Task A_service_that_waits_for_the_very_program_does_not_hold_up_its_end()
    {
        var waiting = new TaskCompletionSource();
        using var host = Build(builder =>
            builder.Services.AddHostedService(services => new Runner(services.GetRequiredService<IOperationExecutor>(), waiting))
        );
        await host.StartAsync(Test);
        var stopping = host.StopAsync(Test);
        await waiting.Task;
        Clock.Advance(TimeSpan.FromSeconds(28));
        await stopping;
        var runner = host.Services.GetServices<IHostedService>().OfType<Runner>().Single();
        Assert.Equal(Signal.Kill, runner.Ran!.ExitStatus.Signal);
    }

    [Fact]
    public async Task Services_run_with_the_application_and_a_failed_one_stops_it()
    {
        var guard = new RuntimeGuard();
        var manager = new ServiceManager();
        manager.Insert(new IdleService("other"));
        manager.Insert(new Failing(guard));
        using var host = Build(builder => builder.Services.AddOslServices(_ => manager));
        var stopped = new TaskCompletionSource();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopped.SetResult);
        await host.StartAsync(Test);
        await guard.SendAsync(RuntimeControlMessage.Reload);
        await stopped.Task.WaitAsync(Test);
        await host.StopAsync(Test);
        Assert.Equal([LifecycleState.Ended, LifecycleState.Failed], manager.States.Select(state => state.State));
    }

    [Fact]
    public async Task Services_end_with_the_application()
    {
        var manager = new ServiceManager();
        manager.Insert(new IdleService("one"));
        manager.Insert(new IdleService("two"));
        using var host = Build(builder => builder.Services.AddOslServices(_ => manager));
        using var events = manager.Events.Subscribe();
        await host.StartAsync(Test);
        for (var running = 0; running < 2; )
        {
            running += (await events.NextAsync(Test))!.Value.Event!.To == LifecycleState.Running ? 1 : 0;
        }

        await host.StopAsync(Test);
        Assert.Equal([LifecycleState.Ended, LifecycleState.Ended], manager.States.Select(state => state.State));
    }

    /// <summary>Runs a program, and does not stop before that has ended.</summary>
    private sealed class Runner(IOperationExecutor osl, TaskCompletionSource waiting) : IHostedService
    {
        private Task _run = Task.CompletedTask;

        internal RunProcessResult? Ran { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _run = RunAsync();
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            waiting.SetResult();
            await _run;
        }

        private async Task RunAsync() =>
            Ran = await osl.ExecuteAsync(
                    new RunProcessOperation(new SpawnProcessOperation("/bin/sleep", ["600"]).WithNewProcessGroup()),
                    OperationContext.Current,
                    CancellationToken.None
                )
                .OrThrow();
    }

    private sealed class Failing(RuntimeGuard guard) : IRunnable
    {
        public IProcessControlHandler Handle => guard;

        public async Task RunAsync(CancellationToken abandoned)
        {
            using var ticker = guard.CreateTicker();
            _ = await ticker.NextAsync(abandoned);
            throw new InvalidOperationException("It has failed.");
        }
    }
}
