using System.Runtime.Versioning;
using Xunit;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl where a filter refuses one of the calls that it would rather use: it does with what is left.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RefusedCallsTests : IDisposable
{
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
    }

    private static System.Text.Json.JsonElement Line(OslOutcome doctor, string name) =>
        doctor.JsonLines().Single(line => string.Equals(line.GetProperty("name").GetString(), name, StringComparison.Ordinal));

    private Task<OslOutcome> RunAsync(string rules, params string[] arguments) =>
        _osl.RunOtherAsync("/usr/bin/python3", ["filter.py", rules, OslCommandLine.Path, .. arguments]);
}
