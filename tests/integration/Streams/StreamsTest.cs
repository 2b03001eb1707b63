using System.Runtime.Versioning;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Streams;

/// <summary>What the tests of streams stand on: a host, a directory of their own that is trusted, and short ways to start something.</summary>
[SupportedOSPlatform("linux")]
public abstract class StreamsTest : IAsyncLifetime
{
    private readonly DirectoryInfo _directory;
    private OslHost? _osl;

    protected StreamsTest()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Files, terminals and tees are done on Linux only.");
        _directory = Directory.CreateTempSubdirectory("osl-streams-");
    }

    protected static CancellationToken Test => TestContext.Current.CancellationToken;

    protected static OperationContext Me => OperationContext.Current;

    /// <summary>Whether the tests are of the fallback (adr/0041-posix-fallback.md).</summary>
    protected virtual bool WithoutPidfds => false;

    protected OslHost Osl => _osl ??= CreateHost(_ => { });

    protected string Scratch => _directory.FullName;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_osl is not null)
        {
            await _osl.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    /// <summary>One more host, with the journal and the registry of the first.</summary>
    protected OslHost CreateHost(Action<OslHostOptions> configure) =>
        OslHost.Create(options =>
        {
            options.UseAuditDirectory(PathOf("audit")).UseRegistryDirectory(PathOf("registry"));
            options.WithoutPidfds = WithoutPidfds;
            configure(options);
        });

    protected string PathOf(string name) => Path.Combine(Scratch, name);

    /// <summary>A script in a group of its own, nothing of it captured.</summary>
    protected static SpawnProcessOperation Script(string script, params string[] arguments) =>
        new SpawnProcessOperation("/bin/sh", ["-c", script, "sh"])
            .WithArguments(arguments)
            .WithNewProcessGroup()
            .WithStandardOutput(StandardOutputConfig.Null)
            .WithStandardError(StandardOutputConfig.Null);

    protected Task<RunProcessResult> RunAsync(SpawnProcessOperation spawn) =>
        Osl.ExecuteAsync(new RunProcessOperation(spawn), Me, Test).OrThrow().AsTask();

    protected Task<SpawnProcessResult> SpawnAsync(SpawnProcessOperation spawn) => Osl.ExecuteAsync(spawn, Me, Test).OrThrow().AsTask();

    protected async Task<OperationError> FailAsync(SpawnProcessOperation spawn, OslHost? host = null, OperationContext? context = null)
    {
        var outcome = await (host ?? Osl).ExecuteAsync(spawn, context ?? Me, Test);
        Assert.True(outcome.IsT1, $"{spawn} should have failed.");
        Assert.NotEmpty(outcome.AsT1.Remedy);
        return outcome.AsT1;
    }

    /// <summary>The first line of a stream, byte by byte, so that the rest stays where it is.</summary>
    protected static async Task<string> ReadLineAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one, Test) == 1 && one[0] != (byte)'\n')
        {
            line.Add(one[0]);
        }

        return System.Text.Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
    }
}
