using System.Diagnostics;
using System.IO.Pipes;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Tests.Integration.Contract;

namespace Osl.Tests.Integration.Windows;

/// <summary>By the test child beside the tests, which has a verb for each; cmd where that will do, since it starts sooner.</summary>
internal sealed class WindowsChildren(string scratch) : Children(scratch)
{
    private static readonly string TestChild = Path.Combine(AppContext.BaseDirectory, "testchild.exe");
    private static readonly string Cmd = Path.Combine(Environment.SystemDirectory, "cmd.exe");

    private static readonly string[] AddedByWine = ["SystemDrive=", "SystemRoot=", "WINE"];

    public override ValueList<string> SearchPath => [Environment.SystemDirectory];

    public override string Elsewhere => Environment.SystemDirectory;

    public override string MissingProgram => @"C:\no\such\program.exe";

    public override string Home => "USERPROFILE";

    /// <summary>System: the kernel's own threads.</summary>
    public override int SystemProcess => 4;

    /// <summary>No multiple of four, as every pid is.</summary>
    public override int Nobody => 5_000_003;

    /// <summary>The job host's own: it is in no group of Osl's.</summary>
    public override int OwnGroup => Environment.ProcessId;

    public override string TooManyArguments => "ERROR_FILENAME_EXCED_RANGE";

    /// <summary>A .NET child under Wine takes half a second to begin, on a busy machine several.</summary>
    public override TimeSpan Moment => TimeSpan.FromSeconds(5);

    public override int Hundreds => 200;

    public override IReadOnlyList<SpawnProcessOperation> NotYet()
    {
        var plain = Nothing.Spawn();
        return
        [
            plain with
            {
                Containment = Containment.Cgroup,
            },
            plain with
            {
                Containment = Containment.PidNamespace,
            },
            plain with
            {
                RunAs = new RunAs("nobody"),
            },
            plain with
            {
                Privileges = new PrivilegeConfig { NoNewPrivileges = true },
            },
            plain with
            {
                Sandbox = new SandboxConfig { NoNetwork = true },
            },
            plain with
            {
                Umask = 0x12,
            },
            plain with
            {
                StandardOutput = new StandardOutputConfig { Kind = StandardOutputKind.File, File = @"C:\x" },
            },
            plain.WithTerminal(),
            plain.WithInputText("x"),
            plain.WithStandardOutput(StandardOutputConfig.Tee(StandardOutputConfig.Capture(), StandardOutputConfig.Inherit)),
        ];
    }

    public override Child Exit(int code) => new(Cmd, ["/d", "/c", "exit", $"{code}"]);

    public override Child EndBySignal(string name) => throw new NotSupportedException();

    public override Child Say(string output, string error) => Verb("say", output, error);

    public override Child PrintArguments(IEnumerable<Argument> arguments, string? variable = null) =>
        Verb("print", [variable ?? "", .. arguments]);

    public override Child Print(int bytes) => Verb("fill-pipe", $"{bytes}");

    public override Child Copy(string? end = null) => end is null ? Verb("cat") : Verb("cat-then", end);

    public override Child PrintVariables(params string[] names) => Verb("variables", [.. names.Select(name => (Argument)name)]);

    public override Child PrintEnvironment() => Verb("print-env");

    public override Child PrintVariableTwice(string name) => Verb("variable-twice", name);

    public override Child PrintDirectory() => Verb("cwd");

    public override Child Touch(string file) => Verb("touch", file);

    /// <summary>Not 0: under Wine who is ended by Ctrl-C has that.</summary>
    public override int WaitedOut => 3;

    public override Child Wait() => Verb("wait");

    public override Child Stubborn(string line = "ready") => Verb("stubborn", line);

    public override Child Polite(int code) => Verb("polite", $"{code}");

    public override Child Parent(int children) => Verb("parent", $"{children}");

    public override Child DeadParent(int children) => Verb("dead-parent", $"{children}");

    public override Child Tree() => Verb("tree", "3");

    public override Child Ring(Doorbell bell, string file) => Verb("ring", bell.Path, file);

    public override Child LeaveBehind() => Verb("leave-behind");

    public override Child Escape() => throw new NotSupportedException();

    public override Child Scheduling() => Verb("scheduling");

    public override (string Plain, string Lower) Scheduled => ("Normal ", "BelowNormal 1\n");

    public override Child Take(int megabytes) => Verb("take", $"{megabytes}");

    public override Doorbell Bell() => new PipeBell($"osl-test-{Guid.NewGuid():N}");

    public override Task<string> WriteProgramAsync(string path)
    {
        // Ends with 0 when its input has no more lines.
        File.Copy(Cmd, path + ".exe");
        return Task.FromResult(Path.GetFileName(path) + ".exe");
    }

    /// <remarks>Returns once it runs: while it starts, Wine starts the host of its console, which would come into its job with it.</remarks>
    public override Process StartForeign()
    {
        var stranger = Process.Start(new ProcessStartInfo(TestChild, ["wait"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        Assert.Equal("ready", stranger.StandardOutput.ReadLine());
        return stranger;
    }

    public override bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            // Not running, says GetProcessById.
            return false;
        }
    }

    /// <summary>Windows adds nothing to an environment; Wine adds what its own parts need.</summary>
    public override IEnumerable<string> WithoutTheSystems(IEnumerable<string> variables) =>
        variables.Where(variable =>
            !Wine.IsHere || !AddedByWine.Any(name => variable.StartsWith(name, StringComparison.OrdinalIgnoreCase))
        );

    public override void AssertEndedBy(Signal signal, ExitStatus? status) => Assert.Equal(new ExitStatus(128 + signal.Number), status);

    public override int Rounds(int wanted) => Math.Max(3, wanted / 5);

    private static Child Verb(string verb, params Argument[] arguments) => new(TestChild, [verb, .. arguments]);

    /// <summary>A doorbell as Windows has it.</summary>
    private sealed class PipeBell(string name) : Doorbell($@"\\.\pipe\{name}")
    {
        private readonly NamedPipeServerStream _pipe = new(
            name,
            PipeDirection.In,
            maxNumberOfServerInstances: 1,
            PipeTransmissionMode.Byte,
            PipeOptions.Asynchronous
        );

        public override async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
        {
            await _pipe.WaitForConnectionAsync(cancellationToken);
            using var reader = new StreamReader(_pipe, leaveOpen: true);
            return await reader.ReadLineAsync(cancellationToken);
        }

        protected override void Dispose(bool disposing) => _pipe.Dispose();
    }
}
