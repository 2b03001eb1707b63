using System.Runtime.Versioning;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What tests of sandboxes stand on: a directory with something to reach and something that is Osl's own.</summary>
[UnsupportedOSPlatform("windows")]
public abstract class SandboxTest : LinuxExecutorTest
{
    /// <summary>What the system's programs need: the programs, their libraries, and where libraries are looked for.</summary>
    private protected static readonly ValueList<string> OfSystem = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"];

    private readonly LinuxExecutor _hiding;

    protected SandboxTest()
    {
        Assert.SkipUnless(Libc.LandlockVersion() >= FileRights.LowestAbi, "The kernel has no Landlock, or too old a one.");
        Scratch = Directory.CreateTempSubdirectory("osl-sandbox-").FullName;
        Directory.CreateDirectory($"{Scratch}/open");
        Directory.CreateDirectory($"{Scratch}/closed");
        Directory.CreateDirectory($"{Scratch}/state/audit");
        File.WriteAllText($"{Scratch}/open/file", "open\n");
        File.WriteAllText($"{Scratch}/closed/file", "secret\n");
        File.WriteAllText($"{Scratch}/state/audit/journal", "journal\n");
        File.WriteAllText($"{Scratch}/state/other", "other\n");
        File.WriteAllText($"{Scratch}/policy.yaml", "version: 1\n");
        _hiding = new LinuxExecutor(
            new ExecutorOptions { OwnPlaces = [$"{Scratch}/state/audit", $"{Scratch}/policy.yaml", $"{Scratch}/not-yet/registry"] },
            Registry
        );
    }

    /// <summary>With <c>open</c> and <c>closed</c>, and in it a journal, a policy, and a registry that is not there yet.</summary>
    private protected string Scratch { get; }

    private protected SandboxConfig Programs => new() { ExecutePaths = OfSystem.Where(Path.Exists).ToValueList() };

    private protected static string Missing(string name) =>
        Array.Find([$"/usr/bin/{name}", $"/bin/{name}"], File.Exists) is null ? $"There is no {name} here." : "";

    private protected OneOf<LaunchedProcess, OperationError> TryRun(
        SandboxConfig sandbox,
        string program,
        string[] arguments,
        SpawnProcessOperation? context = null,
        StandardOutputConfig? output = null,
        StandardInputKind input = StandardInputKind.Null
    ) =>
        TryLaunch(
            program,
            arguments,
            input,
            output ?? StandardOutputConfig.Capture(),
            output is null ? StandardOutputConfig.SameAsOutput : StandardOutputConfig.Null,
            executor: _hiding,
            context: (context ?? new SpawnProcessOperation(program)) with
            {
                Sandbox = sandbox,
            }
        );

    /// <summary>What a program in a sandbox writes to both streams.</summary>
    private protected async Task<string> RunAsync(SandboxConfig sandbox, string program, params string[] arguments) =>
        (await TryRun(sandbox, program, arguments).OrThrow().OutputEnded).Output.Text;

    /// <summary>What a shell in a sandbox writes to both streams; SCRATCH stands for the directory.</summary>
    private protected Task<string> ShellAsync(SandboxConfig sandbox, string script) =>
        RunAsync(sandbox, "/bin/sh", "-c", script.Replace("SCRATCH", Scratch, StringComparison.Ordinal));

    private protected OperationError Refusal(SandboxConfig sandbox, SpawnProcessOperation? context = null) =>
        TryRun(sandbox, "/bin/true", [], context).AsT1;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _hiding.DisposeAsync();
        Directory.Delete(Scratch, recursive: true);
        GC.SuppressFinalize(this);
    }
}
