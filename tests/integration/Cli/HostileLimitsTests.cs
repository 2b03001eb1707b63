using System.Globalization;
using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl where descriptors, memory, file size or processes are limited (knowledge/hostile-surroundings.md).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostileLimitsTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public static TheoryData<string> Commands { get; } =
    [
        "run -- echo hi",
        "run --json -- echo hi",
        "run --detach -- true",
        "ps",
        "signal 2000000000 TERM",
        "kill-group 2000000000",
        "audit list",
        "audit show 0",
        "doctor",
        "--help",
    ];

    public void Dispose() => _osl.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Too_few_descriptors_are_refused_before_anything_is_done(string command)
    {
        foreach (var limit in (int[])[32, 48, 64, 76, 84, 90, 100])
        {
            Refused(command, await LimitedAsync($"--nofile={limit}:{limit}", command), "Too few file descriptors");
        }

        Assert.False(System.IO.Directory.Exists(_osl.AuditDirectory));
        Assert.Empty(Marked.Alive(_osl.Directory));
    }

    [Fact]
    public async Task No_number_of_descriptors_makes_it_hang_or_leaves_a_process()
    {
        for (var limit = 3; limit <= 130; limit++)
        {
            // Each is bounded: a hang fails here.
            var outcome = await LimitedAsync($"--nofile={limit}:{limit}", "run -- echo hi");
            Assert.True(outcome.ExitCode != 0 || outcome.Output is "hi\n", $"{limit}: output lost");
            // How many the runtime has open before us differs by a few.
            Assert.True(limit is < 32 or > 110 || outcome.ExitCode == 125, $"{limit}: {outcome.ExitCode} {outcome.Error}");
            Assert.True(limit < 128 || outcome.ExitCode == 0, $"{limit}: {outcome.ExitCode} {outcome.Error}");
        }

        Assert.Empty(Marked.Alive(_osl.Directory));
    }

    [Fact]
    public async Task A_low_soft_limit_does_not_matter()
    {
        var outcome = await LimitedAsync("--nofile=24:4096", "run -- echo hi");
        Assert.Equal((0, "hi\n", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [Theory]
    [InlineData("--as=3000000000", "Too little address space")]
    [InlineData("--fsize=20000000", "Files may be too small")]
    public async Task Too_little_memory_or_file_size_is_refused(string limit, string message)
    {
        foreach (var command in Commands)
        {
            Refused(command, await LimitedAsync(limit, command), message);
        }
    }

    [Theory]
    [InlineData("--as=4294967296")]
    [InlineData("--fsize=33554432")]
    public async Task What_suffices_is_not_refused(string limit)
    {
        var outcome = await LimitedAsync(limit, "run -- echo hi");
        Assert.Equal((0, "hi\n", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    private Task<OslOutcome> LimitedAsync(string limit, string command) =>
        _osl.RunOtherAsync("/usr/bin/prlimit", [limit, OslCommandLine.Path, .. command.Split(' ')]);

    internal static void Refused(string command, OslOutcome outcome, string message)
    {
        var expected = command.StartsWith("run", StringComparison.Ordinal) ? 125 : 1;
        Assert.True(
            outcome.ExitCode == expected,
            string.Create(CultureInfo.InvariantCulture, $"{command}: {outcome.ExitCode} {outcome.Error}")
        );
        Assert.StartsWith($"osl: {message}", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(2, outcome.Error.Count(c => c == '\n'));
        Assert.Empty(outcome.OutputBytes);
    }
}
