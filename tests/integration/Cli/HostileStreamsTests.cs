using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl with standard streams closed, in every combination.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostileStreamsTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public static TheoryData<string> Combinations { get; } = ["", "<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"];

    public void Dispose() => _osl.Dispose();

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task A_result_that_nobody_can_read_is_never_called_success(string closed)
    {
        var outputClosed = closed.Split(' ').Contains(">&-", StringComparer.Ordinal);
        // So that ps has something to say.
        using var live = _osl.Open("run", "--", "sh", "-c", "echo $$; read -r line");
        _ = await live.ReadNumberAsync();
        foreach (var command in (string[])["ps", "ps --json", "doctor", "audit list", "audit show 0", "run --json true", "--help"])
        {
            var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"$OSL {command} {closed}");

            var failed = command.StartsWith("run", StringComparison.Ordinal) ? 125 : 1;
            Assert.True(outcome.ExitCode == (outputClosed ? failed : 0), $"{command} {closed}: {outcome.ExitCode} {outcome.Error}");
            Assert.Equal(outputClosed, outcome.OutputBytes.Length == 0);
            var silent = !outputClosed || closed.Contains("2>&-", StringComparison.Ordinal);
            Assert.True(silent == (outcome.Error.Length == 0), $"{command} {closed}: '{outcome.Error}'");
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task The_program_has_the_null_device_where_a_stream_is_closed(string closed)
    {
        var seen = Path.Combine(_osl.Directory, "seen");
        var outcome = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            $"$OSL run -- sh -c 'for n in 0 1 2; do readlink /proc/$$/fd/$n; done 3>{seen} >&3; exit 7' {closed}"
        );

        Assert.Equal(7, outcome.ExitCode);
        // 1 is the file while the loop writes; 0 and 2 are as they were inherited.
        var links = await File.ReadAllLinesAsync(seen, TestContext.Current.CancellationToken);
        Assert.Equal(3, links.Length);
        Assert.Equal(closed.Contains("<&-", StringComparison.Ordinal), links[0] is "/dev/null");
        Assert.Equal(closed.Contains("2>&-", StringComparison.Ordinal), links[2] is "/dev/null");
    }

    [Fact]
    public async Task A_closed_output_starts_nothing_that_could_not_be_found_again()
    {
        var made = Path.Combine(_osl.Directory, "made");
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"$OSL run --detach -- touch {made} >&-");

        Assert.Equal(125, outcome.ExitCode);
        Assert.Contains("Standard output is closed", outcome.Error, StringComparison.Ordinal);
        Assert.False(System.IO.Directory.Exists(_osl.AuditDirectory));
        Assert.False(File.Exists(made));
    }

    [Fact]
    public async Task Ending_a_group_does_not_wait_for_somebody_to_listen()
    {
        var started = await _osl.RunAsync("run", "--detach", "--json", "--", "sleep", "1000");
        var pgid = started.Json().GetProperty("pgid").GetInt32();

        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"$OSL kill-group {pgid} --signal KILL <&- >&-");

        Assert.Equal(0, OslCommandLine.AliveIn(pgid));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("EBADF", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_journal_is_whole_after_runs_with_everything_closed()
    {
        for (var round = 0; round < 5; round++)
        {
            Assert.Equal(0, (await _osl.RunOtherAsync("/bin/sh", "-c", "$OSL run true <&- >&- 2>&-")).ExitCode);
        }

        var records = await _osl.RecordsAsync();
        Assert.Equal(5, records.Count(line => line.GetProperty("record").GetProperty("type").GetString() is "outcome"));
    }
}
