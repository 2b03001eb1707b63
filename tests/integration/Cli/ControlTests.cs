using System.Globalization;
using System.Runtime.Versioning;
using Osl.Security.Audit;

namespace Osl.Tests.Integration.Cli;

/// <summary>What one osl does about what another one has started, and what the journal says of it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ControlTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task A_tree_of_200_processes_three_levels_deep_is_gone_after_kill_group()
    {
        // 1 + 1 + 9 × (1 + 21).
        const string Middle = "for i in $(seq 21); do sleep 1000 & done; echo ready; wait";
        using var session = _osl.Open(
            "run",
            "--",
            "sh",
            "-c",
            $"echo $$; sleep 1000 & for i in $(seq 9); do sh -c '{Middle}' & done; wait"
        );
        var pgid = await session.ReadNumberAsync();
        for (var ready = 0; ready < 9; ready++)
        {
            await session.ReadUntilAsync("ready");
        }

        var line = Assert.Single((await _osl.RunAsync("ps", "--json")).JsonLines(), entry => entry.GetProperty("pgid").GetInt32() == pgid);
        Assert.Equal(200, line.GetProperty("members").GetInt32());
        Assert.Equal("managed", line.GetProperty("lifetime").GetString());

        var killed = await _osl.RunAsync("kill-group", Text(pgid));
        Assert.Equal((0, "200 of 200 processes ended (0 by SIGKILL)\n", ""), (killed.ExitCode, killed.Output, killed.Error));
        Assert.Equal(0, OslCommandLine.AliveIn(pgid));
        Assert.Equal(143, (await session.EndAsync()).ExitCode);
        Assert.DoesNotContain((await _osl.RunAsync("ps", "--json")).JsonLines(), entry => entry.GetProperty("pgid").GetInt32() == pgid);
        Assert.Equal(4, (await _osl.RunAsync("kill-group", Text(pgid))).ExitCode);
    }

    [Fact]
    public async Task Who_ignores_the_first_signal_dies_by_SIGKILL_and_the_result_says_so()
    {
        using var session = _osl.Open("run", "--", "sh", "-c", "trap '' TERM; echo $$; exec sleep 1000");
        var pgid = await session.ReadNumberAsync();
        var killed = await _osl.RunAsync("kill-group", Text(pgid), "--grace", "300ms", "--json");
        Assert.Equal(0, killed.ExitCode);
        var result = killed.Json();
        Assert.Equal(1, result.GetProperty("ended").GetInt32());
        Assert.Equal(1, result.GetProperty("forced").GetInt32());
        Assert.Equal(137, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Who_left_the_group_is_named_by_kill_group()
    {
        using var session = _osl.Open("run", "--", "sh", "-c", "echo $$; setsid sh -c 'echo $$; exec sleep 1000' & wait");
        var pgid = await session.ReadNumberAsync();
        var escaped = await session.ReadNumberAsync();
        try
        {
            var killed = await _osl.RunAsync("kill-group", Text(pgid), "--json");
            Assert.Equal(0, killed.ExitCode);
            Assert.Equal([escaped], killed.Json().GetProperty("escaped").EnumerateArray().Select(pid => pid.GetInt32()));
            Assert.Contains($"left the process group: {escaped} (s", killed.Error, StringComparison.Ordinal);
            Assert.True(OslCommandLine.IsAlive(escaped));
        }
        finally
        {
            Osl.Interop.Linux.Libc.Kill(escaped, 9);
        }
    }

    [Fact]
    public async Task A_signal_reaches_one_process_or_a_group()
    {
        using var session = _osl.Open(
            "run",
            "--",
            "sh",
            "-c",
            "trap 'echo one' USR1; trap 'echo two; exit 9' USR2; echo $$; while :; do sleep 1000 & wait; done"
        );
        var pid = await session.ReadNumberAsync();
        var one = await _osl.RunAsync("signal", Text(pid), "USR1");
        Assert.Equal((0, $"SIGUSR1 sent to process {pid}\n"), (one.ExitCode, one.Output));
        await session.ReadUntilAsync("one");
        var two = await _osl.RunAsync("signal", "--group", Text(pid), "12", "--json");
        Assert.Equal(0, two.ExitCode);
        Assert.Equal(pid, two.Json().GetProperty("pgid").GetInt32());
        Assert.Equal("USR2", two.Json().GetProperty("signal").GetString());
        await session.ReadUntilAsync("two");
        Assert.Equal(9, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Forty_at_once_leave_every_record_once_in_one_valid_log()
    {
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(number => _osl.RunAsync("run", "--", "sh", "-c", $"exit {number}"))
        );
        Assert.Equal(Enumerable.Range(0, 40), outcomes.Select(outcome => outcome.ExitCode));
        var records = await _osl.RecordsAsync();
        Assert.Equal(Enumerable.Range(0, 160), records.Select(record => record.GetProperty("index").GetInt32()));
        var types = records
            .Select(record => record.GetProperty("record"))
            .GroupBy(record => record.GetProperty("operation").GetString()!, StringComparer.Ordinal)
            .ToList();
        Assert.Equal(40, types.Count);
        Assert.All(
            types,
            operation =>
                Assert.Equal(
                    ["exit", "intent", "outcome", "started"],
                    operation.Select(record => record.GetProperty("type").GetString()!).Order(StringComparer.Ordinal),
                    StringComparer.Ordinal
                )
        );
        var verification = JournalVerifier.Verify(_osl.AuditDirectory);
        Assert.Equal((JournalVerdict.Clean, 160), (verification.Verdict, verification.Records));
    }

    [Fact]
    public async Task The_journal_can_be_reviewed()
    {
        Assert.Equal(7, (await _osl.RunAsync("run", "--reason", "nightly \u001b[31m", "--", "sh", "-c", "exit 7")).ExitCode);
        Assert.Equal(3, (await _osl.RunAsync("signal", "1", "TERM")).ExitCode);

        var list = await _osl.RunAsync("audit", "list");
        Assert.Equal(0, list.ExitCode);
        var lines = list.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(7, lines.Length);
        Assert.StartsWith("Not verified: ", lines[6], StringComparison.Ordinal);
        Assert.Matches(@"^0 +\d{4}-\d\d-\d\dT[0-9:.]+Z  intent +[0-9a-f]{32}  run_process +\S+ +allow ", lines[1]);
        Assert.Contains(lines, line => line.Contains(" exit 7 ", StringComparison.Ordinal));

        Assert.Single((await _osl.RunAsync("audit", "list", "--denied", "--json")).JsonLines());
        Assert.Empty((await _osl.RunAsync("audit", "list", "--principal", "nobody-at-all", "--json")).JsonLines());
        Assert.Equal(
            [3, 4],
            (await _osl.RunAsync("audit", "list", "--limit", "2", "--json"))
                .JsonLines()
                .Select(line => line.GetProperty("index").GetInt32())
        );
        Assert.Equal(5, (await _osl.RunAsync("audit", "list", "--since", "1h", "--json")).JsonLines().Count);

        var operation = (await _osl.RecordsAsync())[0].GetProperty("record").GetProperty("operation").GetString()!;
        Assert.Equal(4, (await _osl.RunAsync("audit", "list", "--operation", operation[..16], "--json")).JsonLines().Count);
        var show = await _osl.RunAsync("audit", "show", operation);
        Assert.Equal(0, show.ExitCode);
        Assert.Contains("reason: nightly \\u001B[31m\n", show.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("No outcome", show.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', show.Output);
        Assert.Contains("record 1\n", (await _osl.RunAsync("audit", "show", "1")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_intent_without_an_outcome_is_recognised()
    {
        using var session = _osl.Open("run", "--", "sh", "-c", "echo $OSL_OPERATION; exec sleep 1000");
        var operation = (await session.ReadLineAsync())!;
        var show = await _osl.RunAsync("audit", "show", operation);
        Assert.Equal(0, show.ExitCode);
        Assert.EndsWith("No outcome is recorded: it is still running, or its host was lost.\n", show.Output, StringComparison.Ordinal);
        session.Signal(15);
        Assert.Equal(143, (await session.EndAsync()).ExitCode);
        Assert.DoesNotContain("No outcome", (await _osl.RunAsync("audit", "show", operation)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_of_the_journal_is_told()
    {
        Assert.Equal(0, (await _osl.RunAsync("run", "true")).ExitCode);
        Assert.Equal(0, (await _osl.RunAsync("run", "true")).ExitCode);
        var segment = Directory.GetFiles(_osl.AuditDirectory).MaxBy(file => new FileInfo(file).Length)!;
        var bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        var at = bytes.AsSpan().IndexOf("run_process"u8);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);
        var list = await _osl.RunAsync("audit", "list");
        Assert.Equal(12, list.ExitCode);
        Assert.Contains("What follows is not shown.", list.Error, StringComparison.Ordinal);
        Assert.Contains("DamagedFrame", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kill_that_cannot_be_recorded_is_done_and_says_so()
    {
        using var session = _osl.Open("run", "--", "sh", "-c", "echo $$; exec sleep 1000");
        var pgid = await session.ReadNumberAsync();
        var killed = await _osl.RunAsync("kill-group", Text(pgid), "--audit-dir", "/proc/no/audit");
        Assert.Equal((0, "1 of 1 process ended (0 by SIGKILL)\n"), (killed.ExitCode, killed.Output));
        Assert.StartsWith("osl: This could not be recorded", killed.Error, StringComparison.Ordinal);
        Assert.Equal(143, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task The_doctor_says_what_is_there()
    {
        var lines = (await _osl.RunAsync("doctor", "--json")).JsonLines();
        var names = lines.Select(line => line.GetProperty("name").GetString()!).ToList();
        Assert.All(
            ["account", "audit-journal", "registry", "policy", "pidfd"],
            name => Assert.Contains(name, names, StringComparer.Ordinal)
        );
        Assert.All(lines, line => Assert.True(line.GetProperty("available").GetBoolean() || line.TryGetProperty("remedy", out _)));
        Assert.Equal(lines.Count, (await _osl.RunAsync("doctor")).Output.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public async Task Verbose_logs_to_standard_error_without_arguments()
    {
        var outcome = await _osl.RunAsync("run", "--verbose", "--", "sh", "-c", "echo hunter2");
        Assert.Equal("hunter2\n", outcome.Output);
        Assert.Contains("program \"/", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", outcome.Error, StringComparison.Ordinal);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
