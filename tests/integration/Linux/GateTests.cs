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
    internal async Task A_gate_leaves_input_and_descriptors_as_a_plain_start_does(GateKind kind)
    {
        await using var executor = Needs(kind);
        var context = Limited with { Privileges = new() { NoNewPrivileges = true } };
        const string Script = "read line; echo \"$line\"; ls /proc/$$/fd | tr '\\n' ' '";
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

    [Fact]
    [Trait("Needs", "root")]
    public async Task Another_account_gets_its_limits_too()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Only root may start as somebody else.");
        await using var executor = Needs(GateKind.Seccomp);
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

    private LinuxExecutor Needs(GateKind kind)
    {
        Assert.SkipUnless(kind == GateKind.Seccomp ? SeccompGate.IsThere : LeaseGate.IsThere, $"This kernel has no gate by {kind}.");
        return new LinuxExecutor(new ExecutorOptions(), Registry, LinuxFeatures.HasGroupSignal, kind);
    }

    private OneOf<LaunchedProcess, OperationError> Start(
        LinuxExecutor executor,
        string script,
        SpawnProcessOperation? context,
        StandardInputKind input = StandardInputKind.Null
    ) => TryLaunch("/bin/sh", ["-c", script], input, StandardOutputConfig.Capture(), executor: executor, context: context);
}
