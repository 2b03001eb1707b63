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

    protected static CancellationToken Test => TestContext.Current.CancellationToken;

    protected static OperationContext Me => OperationContext.Current;

    protected static OperationContext SomebodyElse { get; } = new(new Principal("somebody-else"));

    protected OslHost Osl => _host ?? throw new InvalidOperationException("The host is made by InitializeAsync.");

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

    /// <summary>A shell script that is started in a group of its own, and its first line of output: when it says that it is ready.</summary>
    protected async Task<SpawnProcessResult> StartAsync(
        string script,
        Func<SpawnProcessOperation, SpawnProcessOperation>? change = null,
        OperationContext? context = null,
        OslHost? host = null
    )
    {
        var operation = new SpawnProcessOperation("/bin/sh", ["-c", script])
            .WithNewProcessGroup()
            .WithStandardOutput(StandardOutputConfig.Pipe);
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

    protected Task<RunProcessResult> RunAsync(string script, Func<SpawnProcessOperation, SpawnProcessOperation>? change = null)
    {
        var spawn = new RunProcessOperation("/bin/sh", ["-c", script]).Spawn;
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

    /// <summary>For a pid that a child has written: neither gone nor a zombie that init has yet to collect.</summary>
    protected static bool IsAlive(string pid)
    {
        var stat = $"/proc/{pid}/stat";
        return File.Exists(stat) && File.ReadAllText(stat).Split(") ")[^1][0] is not ('Z' or 'X');
    }

    protected bool IsAlive(ProcessRef process) => Osl.Processes.Read(process) is { IsAlive: true };
}
