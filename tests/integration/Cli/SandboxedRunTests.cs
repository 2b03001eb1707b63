using System.Runtime.Versioning;
using Osl.Executors.Linux;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>What <c>osl run</c> lets a program reach.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SandboxedRunTests : IDisposable
{
    private static readonly string[] System = ["--exec", "/usr", "--exec", "/bin", "--exec", "/lib"];

    private readonly OslCommandLine _osl = new();

    public SandboxedRunTests()
    {
        Assert.SkipUnless(Libc.LandlockVersion() >= FileRights.LowestAbi, "The kernel has no Landlock, or too old a one.");
        Directory.CreateDirectory($"{_osl.Directory}/in");
        Directory.CreateDirectory($"{_osl.Directory}/out");
        File.WriteAllText($"{_osl.Directory}/in/file", "text\n");
        File.WriteAllText($"{_osl.Directory}/secret", "secret\n");
    }

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task It_reads_and_writes_what_it_is_let_and_the_journal_says_so()
    {
        var outcome = await RunAsync(["--read", "in", "--write", "out"], "cat in/file > out/copy; cat secret; echo x > in/file; ls .");

        Assert.Equal("", outcome.Output);
        Assert.Contains("secret: Permission denied", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("text\n", await File.ReadAllTextAsync($"{_osl.Directory}/out/copy", TestContext.Current.CancellationToken));
        Assert.Equal("text\n", await File.ReadAllTextAsync($"{_osl.Directory}/in/file", TestContext.Current.CancellationToken));
        var intent = (await _osl.RecordsAsync()).Single(record => record.GetRawText().Contains("\"read_paths\"", StringComparison.Ordinal));
        Assert.Contains(
            $"\"sandbox\":{{\"read_paths\":[\"{_osl.Directory}/in\"],\"write_paths\":[\"{_osl.Directory}/out\"],",
            intent.GetRawText(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("--no-network")]
    [InlineData("--refuse", "mount")]
    [InlineData("--read", ".", "--exec", "/usr", "--exec", "/bin", "--exec", "/lib")]
    [InlineData("--read", "/", "--exec", "/")]
    public async Task Journal_registry_and_policy_are_out_of_reach_in_any_sandbox(params string[] options)
    {
        var policy = $"{_osl.Directory}/policy.yaml";
        await File.WriteAllTextAsync(policy, "version: 1\ndefault: defer\nrules: []\n", TestContext.Current.CancellationToken);
        string[] files = ["audit/*", "run/osl/*", "policy.yaml"];
        var script =
            $"for f in {string.Join(' ', files)}; do [ -f \"$f\" ] && {{ echo there; cat \"$f\"; }}; done; echo x >> policy.yaml; echo over";

        var outcome = await _osl.RunAsync(["--policy", policy, "run", .. options, "--", "sh", "-c", script]);

        Assert.EndsWith("there\nover\n", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("default", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"kind\"", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("version: 1\ndefault: defer\nrules: []\n", await File.ReadAllTextAsync(policy, TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Another_mount_of_the_journal_is_out_of_reach_too()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Only root can mount.");
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "true")).ExitCode);
        // In a mount namespace of the test's own.
        var script = $"""
            cd {_osl.Directory} && mount --bind audit in && cat in/0.osl > out/plain || exit 9
            $OSL run --no-network -- cat in/0.osl
            $OSL run --read . --exec /usr --exec /bin --exec /lib -- cat in/0.osl
            $OSL run --read in --exec /usr --exec /bin --exec /lib -- cat in/0.osl
            echo over
            """;
        var outcome = await _osl.RunOtherAsync("unshare", "-m", "sh", "-c", script);
        Assert.SkipWhen(outcome.Error.Contains("unshare failed", StringComparison.Ordinal), outcome.Error);
        Assert.Equal((0, "over\n"), (outcome.ExitCode, outcome.Output));
        Assert.NotEqual(0, new FileInfo($"{_osl.Directory}/out/plain").Length);
        Assert.Contains("Osl's own", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_with_the_journal_in_it_can_not_be_granted_for_writing()
    {
        var outcome = await RunAsync(["--write", "."], "true");
        Assert.Equal(126, outcome.ExitCode);
        Assert.Contains("Osl's own", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("Name the directories in it", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_it_may_not_execute_is_told_with_what_to_grant()
    {
        var outcome = await _osl.RunAsync("run", "--read", "in", "--", "cat", "in/file");
        Assert.Equal(126, outcome.ExitCode);
        Assert.Contains("its sandbox does not let it execute '/usr/bin/cat'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("--exec /usr", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--refuse", "everything")]
    [InlineData("--refuse", "")]
    [InlineData("--read", "")]
    public async Task What_makes_no_sense_is_a_mistake_in_the_command_line(string option, string value)
    {
        var outcome = await _osl.RunAsync("run", option, value, "--", "true");
        Assert.Equal(125, outcome.ExitCode);
        Assert.Contains(option, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_can_not_be_granted()
    {
        var outcome = await RunAsync(["--read", "nowhere"], "true");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains($"{_osl.Directory}/nowhere", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Network_and_calls_are_refused_together_with_everything_else()
    {
        var outcome = await RunAsync(
            ["--no-network", "--refuse", "namespace", "--limit", "open-files=50", "--umask", "077", "--write", "out", "--read", "in"],
            "ulimit -n; cat in/file; : > out/made; unshare -U true || echo refused"
        );
        Assert.Equal("50\ntext\nrefused\n", outcome.Output);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{_osl.Directory}/out/made"));
    }

    private Task<OslOutcome> RunAsync(string[] options, string script) =>
        _osl.RunAsync(["run", .. System, .. options, "--", "sh", "-c", script]);
}
