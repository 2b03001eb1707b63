using System.Runtime.Versioning;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What belongs to a process is set before its first instruction, by either gate.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class GateTests : LinuxExecutorTest
{
    private const int Tries = 200;

    private static readonly SpawnProcessOperation Limited = new("/bin/sh")
    {
        Limits = new ResourceLimits
        {
            OpenFiles = 77,
            FileSizeBytes = 512 * 1024,
            CoreDumpBytes = 0,
            CpuTime = TimeSpan.FromSeconds(90),
        },
    };

    [Theory]
    [InlineData(GateKind.Seccomp)]
    [InlineData(GateKind.Lease)]
    [InlineData(GateKind.Shell)]
    internal async Task Limits_are_never_late(GateKind kind)
    {
        await using var executor = Needs(kind);
        var context = kind == GateKind.Seccomp ? Limited with { Privileges = new() { NoNewPrivileges = true } } : Limited;
        for (var i = 0; i < Tries; i++)
        {
            var launched = Start(executor, "ulimit -n; ulimit -f; ulimit -c; ulimit -t", context).OrThrow();
            Assert.Equal("77\n1024\n0\n90\n", (await launched.OutputEnded).Output.Text);
            await launched.Exited;
        }

        Assert.Equal(0, Registry.Open);
    }

    [Theory]
    [InlineData(GateKind.Seccomp)]
    [InlineData(GateKind.Lease)]
    [InlineData(GateKind.Shell)]
    internal async Task A_gate_leaves_input_and_descriptors_as_a_plain_start_does(GateKind kind)
    {
        await using var executor = Needs(kind);
        var context = Limited with { Privileges = new() { NoNewPrivileges = true } };
        // Not of the shell: it has a pipeline's ends open for a moment.
        const string Script = "read line; echo \"$line\"; exec ls /proc/self/fd";
        var plain = Start(executor, Script, null, StandardInputKind.Pipe).OrThrow();
        var gated = Start(executor, Script, context, StandardInputKind.Pipe).OrThrow();
        foreach (var launched in (LaunchedProcess[])[plain, gated])
        {
            await launched.StandardInput!.WriteAsync("through\n"u8.ToArray(), Cancelled);
            await launched.StandardInput.DisposeAsync();
        }

        var expected = (await plain.OutputEnded).Output.Text;
        Assert.StartsWith("through\n", expected, StringComparison.Ordinal);
        Assert.Equal(expected, (await gated.OutputEnded).Output.Text);
    }

    [Theory]
    [InlineData(GateKind.Seccomp)]
    [InlineData(GateKind.Lease)]
    [InlineData(GateKind.Shell)]
    internal async Task What_fails_before_the_gate_or_at_the_exec_is_told_as_ever(GateKind kind)
    {
        await using var executor = Needs(kind);
        var context = Limited with { Privileges = new() { NoNewPrivileges = true } };
        var directory = Directory.CreateTempSubdirectory("osl-gate-");
        try
        {
            var broken = Path.Combine(directory.FullName, "broken");
            await File.WriteAllTextAsync(broken, "\u007fELF no such machine", Cancelled);
            File.SetUnixFileMode(broken, (UnixFileMode)0x1ED);
            var outcome = TryLaunch(broken, executor: executor, context: context);

            Assert.Equal("ENOEXEC", Assert.IsType<SpawnFailed>(outcome.AsT1).ErrorName);
            Assert.Equal(0, Registry.Open);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(GateKind.Seccomp)]
    [InlineData(GateKind.Shell)]
    [Trait("Needs", "root")]
    internal async Task Another_account_gets_its_limits_too(GateKind kind)
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Only root may start as somebody else.");
        await using var executor = Needs(kind);
        for (var i = 0; i < 20; i++)
        {
            var launched = Start(executor, "id -u; ulimit -n", Limited with { RunAs = new RunAs("nobody") }).OrThrow();
            Assert.Equal("65534\n77\n", (await launched.OutputEnded).Output.Text);
            await launched.Exited;
        }
    }

    [Fact]
    public void A_limit_above_the_hosts_own_needs_a_privilege()
    {
        Assert.SkipWhen(HostPrivileges.Read().Has(HostPrivileges.SysResource), "The host has CAP_SYS_RESOURCE.");
        _ = Libc.GetRlimit(Libc.RLIMIT_NOFILE, out var own);
        var beyond = Limited with { Limits = new ResourceLimits { OpenFiles = (int)own.Hard + 1 } };

        Assert.NotNull(Executor.PrepareContext(beyond).OrThrow().ElevationReason);
        var refused = Assert.IsType<PermissionRefused>(TryLaunch("/bin/true", context: beyond).AsT1);
        Assert.Contains("CAP_SYS_RESOURCE", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_holds()
    {
        var limited = Limited with { Limits = new ResourceLimits { FileSizeBytes = 4096 } };
        var file = Path.GetTempFileName();
        try
        {
            var launched = TryLaunch("/bin/sh", ["-c", "exec head -c 100000 /dev/zero > \"$0\"", file], context: limited).OrThrow();
            Assert.Equal("XFSZ", (await launched.Exited).Status!.Signal?.Name);
            Assert.Equal(4096, new FileInfo(file).Length);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_shell_hands_on_arguments_and_environment_as_they_are()
    {
        await using var executor = Needs(GateKind.Shell);
        string[] environment =
        [
            "PATH=/nowhere",
            "PWD=/not/where/it/is",
            "OLDPWD=relative",
            "IFS= ,\t\n",
            "SHLVL=41",
            "_=/usr/bin/other",
            "PS1=$(exit 1) ",
            "ENV=/etc/passwd",
            "EMPTY=",
            "ODD='a' \"b\" `c` \\ *\nline \u0081\u0088\u00e4\ud83d\ude00",
        ];
        var plain = await Printed(Executor, "/usr/bin/env", ["-0"]);
        Assert.Equal(plain.Order(StringComparer.Ordinal), (await Printed(executor, "/usr/bin/env", ["-0"])).Order(StringComparer.Ordinal));
        Assert.Equal(
            environment.Order(StringComparer.Ordinal),
            plain.Where(line => line.Length > 0 && !line.StartsWith("OSL_", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        );
        string[] arguments = ["%s\\0", "", "a b", "-n", "--", "$(false)", "*", "\u0081\u0088\u00e4", "new\nline"];
        Assert.Equal(await Printed(Executor, "/usr/bin/printf", arguments), await Printed(executor, "/usr/bin/printf", arguments));

        async Task<string[]> Printed(IPlatformExecutor by, string program, string[] given)
        {
            var launched = TryLaunch(
                    program,
                    given,
                    output: StandardOutputConfig.Capture(),
                    environment: environment,
                    executor: by,
                    context: by == Executor ? null : Limited
                )
                .OrThrow();
            var text = (await launched.OutputEnded).Output.Text;
            Assert.True((await launched.Exited).Status!.IsSuccess);
            // The marker differs from launch to launch.
            return
            [
                .. text.Split('\0').Select(line => line.StartsWith("OSL_OPERATION=", StringComparison.Ordinal) ? "OSL_OPERATION" : line),
            ];
        }
    }

    [Fact]
    public async Task What_a_shell_can_not_hand_on_or_hold_is_refused()
    {
        await using var executor = Needs(GateKind.Shell);
        foreach (var variable in (string[])["BASH_FUNC_which%%=() { :; }", "a.b=1", "OPTIND=x", "OSL_GATE_PWD=/"])
        {
            var refused = TryLaunch("/bin/true", environment: [variable], executor: executor, context: Limited);
            Assert.Contains(variable.Split('=')[0], Assert.IsType<Unsupported>(refused.AsT1).Message, StringComparison.Ordinal);
        }

        var directory = Directory.CreateTempSubdirectory("osl-gate-");
        try
        {
            var open = Path.Combine(directory.FullName, "open");
            File.Copy("/bin/true", open);
            File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
            var untrusted = TryLaunch(open, executor: executor, context: Limited);
            Assert.Contains("replace", Assert.IsType<Unsupported>(untrusted.AsT1).Message, StringComparison.Ordinal);

            // Whole but for its loader, and cut off after its header: a shell would take the latter for a script.
            var bytes = await File.ReadAllBytesAsync("/bin/true", Cancelled);
            var loader = bytes.AsSpan().IndexOf("/ld-linux"u8);
            Assert.SkipWhen(loader < 0, "This libc's loader has another name.");
            bytes[loader + 1] = (byte)'x';
            Assert.Contains("loader", Fails("loader", bytes).Message, StringComparison.Ordinal);
            Assert.Equal("ENOEXEC", Fails("cut", bytes[..100]).ErrorName);
            Assert.Equal(0, Registry.Open);
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        SpawnFailed Fails(string name, byte[] content)
        {
            var path = Path.Combine(directory.FullName, name);
            File.WriteAllBytes(path, content);
            File.SetUnixFileMode(path, (UnixFileMode)0x1C0);
            return Assert.IsType<SpawnFailed>(TryLaunch(path, executor: executor, context: Limited).AsT1);
        }
    }

    [Fact]
    public async Task A_program_that_stops_at_once_is_not_taken_for_the_shell()
    {
        await using var executor = Needs(GateKind.Shell);
        for (var i = 0; i < 50; i++)
        {
            var launched = Start(executor, "kill -s STOP $$; exit 4", Limited).OrThrow();
            while (!(ProcLine.TryRead(launched.Process.Pid, out var line) && line.State == 'T'))
            {
                Cancelled.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            Assert.Equal(0, Libc.Kill(launched.Process.Pid, Libc.SIGCONT));
            Assert.Equal(4, (await launched.Exited).Status!.ExitCode);
        }
    }

    [Fact]
    public void A_shell_that_others_could_lead_elsewhere_is_no_gate()
    {
        Assert.SkipWhen(ShellProbe.Shell is null, "No shell of this machine is a gate.");
        var directory = Directory.CreateTempSubdirectory("osl-gate-");
        try
        {
            var link = Path.Combine(directory.FullName, "sh");
            File.CreateSymbolicLink(link, ShellProbe.Shell!);
            Assert.True(ShellProbe.Fits(link));
            File.SetUnixFileMode(directory.FullName, (UnixFileMode)0b111_111_111);
            Assert.False(ShellProbe.Fits(link));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_shell_that_could_not_be_tried_is_tried_again_and_one_that_was_is_not()
    {
        Dictionary<string, bool?> verdicts = new(StringComparer.Ordinal) { ["first"] = false, ["second"] = null };
        List<string> tried = [];
        var search = new ShellSearch(
            ["first", "second"],
            shell =>
            {
                tried.Add(shell);
                return verdicts[shell];
            }
        );
        Assert.Null(search.Shell);
        verdicts["second"] = true;
        Assert.Equal("second", search.Shell);
        Assert.Equal("second", search.Shell);
        Assert.Equal(["first", "second", "first", "second"], tried, StringComparer.Ordinal);

        verdicts["second"] = false;
        var none = new ShellSearch(["second"], shell => verdicts[shell]);
        Assert.Null(none.Shell);
        verdicts["second"] = true;
        Assert.Null(none.Shell);
    }

    private LinuxExecutor Needs(GateKind kind)
    {
        Assert.SkipUnless(
            kind switch
            {
                GateKind.Seccomp => SeccompGate.IsThere,
                GateKind.Lease => LeaseGate.IsThere,
                _ => ShellProbe.Shell is not null,
            },
            $"This machine has no gate by {kind}."
        );
        return new LinuxExecutor(new ExecutorOptions { Gate = kind }, Registry);
    }

    private OneOf<LaunchedProcess, OperationError> Start(
        LinuxExecutor executor,
        string script,
        SpawnProcessOperation? context,
        StandardInputKind input = StandardInputKind.Null
    ) => TryLaunch("/bin/sh", ["-c", script], input, StandardOutputConfig.Capture(), executor: executor, context: context);
}
