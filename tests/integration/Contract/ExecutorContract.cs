using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

/// <summary>
/// What every platform and every mode must do, written once against <see cref="IOperationExecutor"/>. A mode is a derived class that
/// says how its host is made.
/// </summary>
public abstract partial class ExecutorContract : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-contract-");
    private OslHost? _host;
    private Children? _children;

    protected static CancellationToken Test => TestContext.Current.CancellationToken;

    protected static OperationContext Me => OperationContext.Current;

    protected static OperationContext SomebodyElse { get; } = new(new Principal("somebody-else"));

    protected OslHost Osl => _host ?? throw new InvalidOperationException("The host is made by InitializeAsync.");

    /// <summary>What this mode starts.</summary>
    protected Children A => _children ??= CreateChildren(Scratch);

    protected string Scratch => _directory.FullName;

    protected string AuditDirectory => Path.Combine(Scratch, "audit");

    public ValueTask InitializeAsync()
    {
        _host = CreateHost(_ => { });
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    /// <summary>A host of this mode, with its journal and registry in <see cref="Scratch"/>.</summary>
    protected OslHost CreateHost(Action<OslHostOptions> configure) =>
        OslHost.Create(options =>
        {
            options.UseAuditDirectory(AuditDirectory).UseRegistryDirectory(Path.Combine(Scratch, "registry"));
            Mode(options);
            configure(options);
        });

    /// <summary>What makes this mode.</summary>
    protected abstract void Mode(OslHostOptions options);

    /// <summary>Makes them.</summary>
    protected abstract Children CreateChildren(string scratch);

    /// <summary>Null, or why this mode is without a feature.</summary>
    protected abstract Lack? Without(Feature feature);

    /// <summary>Skips the test where a feature is lacking, and says why.</summary>
    protected void Needs(Feature feature)
    {
        if (Without(feature) is { } lack)
        {
            Assert.Skip(lack.ToString());
        }
    }

    /// <summary>A child that is started in a group of its own, and has said that it is ready.</summary>
    protected async Task<SpawnProcessResult> StartAsync(
        Child child,
        Func<SpawnProcessOperation, SpawnProcessOperation>? change = null,
        OperationContext? context = null,
        OslHost? host = null
    )
    {
        var operation = child.Spawn().WithNewProcessGroup().WithStandardOutput(StandardOutputConfig.Pipe);
        var started = await (host ?? Osl).ExecuteAsync(change?.Invoke(operation) ?? operation, context ?? Me, Test).OrThrow();
        Assert.Equal("ready", await ReadLineAsync(started));
        return started;
    }

    protected static async Task<string?> ReadLineAsync(SpawnProcessResult started)
    {
        // Byte by byte: a buffering reader would swallow the lines after the first.
        var line = new List<byte>();
        var one = new byte[1];
        while (await started.Live.StandardOutput!.ReadAsync(one, Test) == 1 && one[0] != (byte)'\n')
        {
            line.Add(one[0]);
        }

        return line.Count == 0 ? null : System.Text.Encoding.UTF8.GetString([.. line]);
    }

    protected Task<RunProcessResult> RunAsync(Child child, Func<SpawnProcessOperation, SpawnProcessOperation>? change = null)
    {
        var spawn = child.Run().Spawn;
        return Osl.ExecuteAsync(new RunProcessOperation(change?.Invoke(spawn) ?? spawn), Me, Test).OrThrow().AsTask();
    }

    protected async Task<OperationError> FailAsync<TResult>(
        IOperation<TResult> operation,
        OperationContext? context = null,
        OslHost? host = null
    )
        where TResult : ExecutionResult
    {
        var outcome = await (host ?? Osl).ExecuteAsync(operation, context ?? Me, Test);
        Assert.True(outcome.IsT1, $"{operation} should have failed, but: {outcome}");
        Assert.False(outcome.AsT1.OperationId.IsEmpty);
        Assert.NotEmpty(outcome.AsT1.Message);
        Assert.NotEmpty(outcome.AsT1.Remedy);
        return outcome.AsT1;
    }

    protected bool IsAlive(ProcessRef process) => Osl.Processes.Read(process) is { IsAlive: true };
}
