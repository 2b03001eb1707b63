using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osl.Extensions.Hosting;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Testing;

namespace Osl.Tests.Integration.Hosting.Application;

/// <summary>A Microsoft.Extensions.Hosting application with Osl in it, on a clock that stands still, in a directory of its own.</summary>
public abstract class ApplicationTest : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-application-");

    protected static CancellationToken Test => TestContext.Current.CancellationToken;

    protected ManualTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    protected string PathOf(string name) => Path.Combine(_directory.FullName, name);

    protected IHost Build(
        Action<HostApplicationBuilder>? more = null,
        Dictionary<string, string?>? settings = null,
        Action<OslHostOptions, IServiceProvider>? compose = null
    )
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "osl-test" });
        builder.Configuration.AddInMemoryCollection(
            settings
                ?? new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["Osl:AuditDirectory"] = PathOf("audit"),
                    ["Osl:RegistryDirectory"] = PathOf("registry"),
                }
        );
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Clock);
        // Nobody here is the terminal's: the lifetime of a console would take the test's signals.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddOsl(compose: compose);
        more?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Says what it was sent and goes on.</summary>
    protected static SpawnProcessOperation Stubborn() =>
        new SpawnProcessOperation("/bin/sh", ["-c", "trap 'echo term' TERM; echo ready; while :; do sleep 600 & wait; done"])
            .WithNewProcessGroup()
            .WithStandardOutput(StandardOutputConfig.Pipe)
            .WithGracePeriod(TimeSpan.FromHours(1));

    protected static async Task<(IRunningProcess Live, StreamReader Output)> StartAsync(IHost host, SpawnProcessOperation operation)
    {
        var osl = host.Services.GetRequiredService<IOperationExecutor>();
        var spawned = await osl.ExecuteAsync(operation, OperationContext.Current, Test).OrThrow();
        var output = new StreamReader(spawned.Live.StandardOutput!);
        Assert.Equal("ready", await output.ReadLineAsync(Test));
        return (spawned.Live, output);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
