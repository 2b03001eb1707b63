using System.Runtime.Versioning;
using Osl.Interop.Linux;
using Xunit;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl where a filter refuses one of the calls that it would rather use: it does with what is left.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RefusedCallsTests : IDisposable
{
    private const string NoFilters = "seccomp/0=1:1";
    private const string NoLeases = "fcntl/1=1024:1";

    private readonly OslCommandLine _osl = new();

    public RefusedCallsTests() => CallRefusal.WriteTo(_osl.Directory);

    public void Dispose() => _osl.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(22)]
    public async Task Where_no_group_is_signalled_by_pidfd_groups_are_ended_all_the_same(int error)
    {
        var rule = $"pidfd_send_signal/3=4:{error}";
        var run = await RunAsync(
            rule,
            "run",
            "--timeout",
            "300ms",
            "--grace",
            "200ms",
            "--",
            "sh",
            "-c",
            "trap '' TERM; sleep 1000 & wait; wait"
        );
        Assert.Equal(124, run.ExitCode);
        var line = Line(await RunAsync(rule, "doctor", "--json"), "group-signal-by-pidfd");
        Assert.False(line.GetProperty("available").GetBoolean());
        Assert.Contains("seccomp filter", line.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(22)]
    [InlineData(38)]
    public async Task Where_no_pidfd_can_be_waited_for_the_fallback_runs(int error)
    {
        var rule = $"waitid/0=3:{error}";
        var run = await RunAsync(rule, "run", "--", "sh", "-c", "echo out; exit 9");
        Assert.Equal((9, "out\n", ""), (run.ExitCode, run.Output, run.Error));
        var engine = Line(await RunAsync(rule, "doctor", "--json"), "engine");
        Assert.StartsWith("posix, the fallback", engine.GetProperty("detail").GetString(), StringComparison.Ordinal);
        // What it can't do is told with what is in the way.
        var limited = await RunAsync(rule, "run", "--limit", "open-files=77", "--", "true");
        Assert.Contains("waitid by pidfd", limited.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NoFilters)]
    [InlineData(NoLeases)]
    [InlineData(NoFilters + "," + NoLeases)]
    public async Task Limits_are_set_by_another_gate(string rules)
    {
        var plain = await _osl.RunAsync("run", "--limit", "open-files=77", "--", "sh", "-c", "ulimit -n");
        Assert.SkipUnless(plain.ExitCode == 0, $"No gate is here at all: {plain.Error}");
        var run = await RunAsync(rules, "run", "--limit", "open-files=77", "--", "/bin/sh", "-c", "ulimit -n");
        Assert.Equal((0, "77\n", ""), (run.ExitCode, run.Output, run.Error));
        var gates = Line(await RunAsync(rules, "doctor", "--json"), "gates").GetProperty("detail").GetString();
        Assert.Equal(!rules.Contains(NoFilters, StringComparison.Ordinal), gates!.Contains("notification", StringComparison.Ordinal));
        Assert.Equal(!rules.Contains(NoLeases, StringComparison.Ordinal), gates.Contains("lease", StringComparison.Ordinal));
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(NoFilters)]
    [InlineData(NoFilters + "," + NoLeases)]
    public async Task Process_1_starts_what_needs_no_gate_whatever_gate_is_refused(string rules)
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "A pid namespace needs root.");
        string[] init =
        [
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "/usr/bin/python3",
            "filter.py",
            rules,
            OslCommandLine.Path,
            "run",
        ];
        // No shell hands that variable on.
        var run = await _osl.RunOtherAsync("/usr/bin/unshare", [.. init, "--env", "a.b=1", "--", "/bin/true"]);
        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Error));
        var other = await _osl.RunOtherAsync("/usr/bin/unshare", [.. init, "--no-new-privileges", "--", "/bin/sh", "-c", "exit 5"]);
        Assert.Equal((5, "", ""), (other.ExitCode, other.Output, other.Error));
    }

    private static System.Text.Json.JsonElement Line(OslOutcome doctor, string name) =>
        doctor.JsonLines().Single(line => string.Equals(line.GetProperty("name").GetString(), name, StringComparison.Ordinal));

    private Task<OslOutcome> RunAsync(string rules, params string[] arguments) =>
        _osl.RunOtherAsync("/usr/bin/python3", ["filter.py", rules, OslCommandLine.Path, .. arguments]);
}
