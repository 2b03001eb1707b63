using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Osl.Interop.Windows;
using Osl.Security.Audit;
using Osl.Tests.Integration.Cli;

namespace Osl.Tests.Integration.Windows;

/// <summary>osl.exe, run as people run it: programs of their own that know of each other by the registry and the journal only.</summary>
/// <remarks>Alone: while another test visits the console of a child, what System.Diagnostics.Process starts is born at that one.</remarks>
[Trait("Needs", "windows")]
[Collection(nameof(Alone))]
public sealed class OslUnderWindowsTests : IDisposable
{
    private const int InternalError = 1359;

    private static readonly string TestChild = Path.Join(AppContext.BaseDirectory, "testchild.exe");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(42)]
    [InlineData(255)]
    public async Task It_exits_as_the_program_did(int code)
    {
        var outcome = await RunAsync("run", "--", TestChild, "exit", Text(code));

        Assert.Equal((code, "", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [Fact]
    public async Task The_program_has_its_streams()
    {
        var said = await RunAsync("run", "--", TestChild, "say", "to output", "to error");
        var copied = await _osl.RunAsync([0, 13, 10, 26, 255], ["run", "--", TestChild, "cat"]);

        Assert.Equal((0, "to output\n", "to error\n"), (said.ExitCode, said.Output, said.Error));
        Assert.Equal(0, copied.ExitCode);
        Assert.Equal([0, 13, 10, 26, 255], copied.OutputBytes);
    }

    [Fact]
    public async Task With_json_one_object_says_how_it_went()
    {
        var outcome = await RunAsync("run", "--json", "--", TestChild, "say", "one", "two");

        var json = outcome.Json();
        Assert.Equal(1, json.GetProperty("version").GetInt32());
        Assert.Equal(0, json.GetProperty("exit_code").GetInt32());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("signal").ValueKind);
        Assert.Equal("one\n", json.GetProperty("stdout").GetString());
        Assert.Equal("two\n", json.GetProperty("stderr").GetString());
        Assert.True(json.GetProperty("stdout_complete").GetBoolean());
        Assert.True(json.GetProperty("outcome_recorded").GetBoolean());
        Assert.Equal(json.GetProperty("pid").GetInt32(), json.GetProperty("pgid").GetInt32());
    }

    /// <summary>Through two command lines: the one osl is given, and the one it makes.</summary>
    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] arguments =
        [
            "",
            " ",
            "a b",
            "\"",
            "\"quoted\"",
            @"C:\dir\",
            @"C:\dir with space\",
            @"\\",
            @"\\\""",
            "a\tb",
            "%PATH%",
            "!PATH!",
            "^&|<>()",
            "'single'",
            "*.?",
            "--",
            "-x",
            "/?",
            "@file",
            "äöü €",
            "\U0001F600",
            "line\nbreak",
        ];

        var outcome = await RunAsync(["run", "--", TestChild, "args-utf16", .. arguments]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            arguments,
            outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(QuotingTests.FromHex),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public async Task What_can_not_be_run_has_the_exit_codes_of_a_shell()
    {
        var missing = await RunAsync("run", "--", @"C:\no\such\program.exe");
        var noProgram = Path.Combine(_osl.Directory, "text.exe");
        await File.WriteAllTextAsync(noProgram, "no program", Test);
        var unfit = await RunAsync("run", "--", noProgram);
        var unknown = await RunAsync("run", "--no-such-option", "--", TestChild, "exit", "0");

        Assert.Equal(127, missing.ExitCode);
        Assert.Equal(126, unfit.ExitCode);
        Assert.Equal(125, unknown.ExitCode);
        Assert.All([missing, unfit, unknown], outcome => Assert.StartsWith("osl: ", outcome.Error, StringComparison.Ordinal));
        Assert.All([missing, unfit, unknown], outcome => Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"&echo injected")]
    [InlineData("%PATH%")]
    [InlineData("a b")]
    [InlineData("a|b")]
    [InlineData("")]
    public async Task An_argument_that_cmd_might_read_as_a_command_is_refused_for_a_batch_file(string argument)
    {
        var ran = Path.Combine(_osl.Directory, "ran");
        var batch = await Batch($"@echo off\r\necho yes> \"{ran}\"\r\n");

        var outcome = await RunAsync("run", "--", batch, argument);

        Assert.Equal(125, outcome.ExitCode);
        Assert.Contains("batch file", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("", outcome.Output);
        Assert.False(File.Exists(ran));
    }

    [Fact]
    public async Task A_batch_file_with_plain_arguments_runs_and_its_code_is_ours()
    {
        var batch = await Batch("@echo off\r\necho [%1][%2]\r\nexit /b 7\r\n");

        var outcome = await RunAsync("run", "--", batch, "one", "--two");

        Assert.Equal((7, "[one][--two]"), (outcome.ExitCode, outcome.Output.Trim()));
    }

    [Fact]
    public async Task What_one_osl_runs_another_one_lists_and_ends()
    {
        using var session = _osl.Open("run", "--", TestChild, "parent", "2");
        await session.ReadUntilAsync("ready");
        var entry = Assert.Single(await ListAsync(session));
        var pgid = entry.GetProperty("pgid").GetInt32();
        Assert.Equal(3, entry.GetProperty("members").GetInt32());
        Assert.Equal("managed", entry.GetProperty("lifetime").GetString());
        Assert.Contains("testchild.exe", (await RunAsync("ps")).Output, StringComparison.Ordinal);

        var killed = await RunAsync("kill-group", Text(pgid), "--grace", "20s", "--json");

        Assert.Equal((0, ""), (killed.ExitCode, killed.Error));
        Assert.Equal(3, killed.Json().GetProperty("processes_affected").GetInt32());
        Assert.Equal(3, killed.Json().GetProperty("ended").GetInt32());
        await session.EndAsync();
        Assert.Empty(await ListAsync(session));
        Assert.Equal(4, (await RunAsync("kill-group", Text(pgid))).ExitCode);
    }

    /// <summary>
    /// Where it can: an osl that has a console itself can't leave it for another one's, and goes on to the next step
    /// (adr/0016-windows-jobs.md). Which of both it is depends on who started these tests.
    /// </summary>
    [Fact]
    public async Task Kill_group_asks_before_it_kills()
    {
        var canAsk = Assert
            .Single((await RunAsync("doctor", "--json")).JsonLines(), line => line.GetProperty("name").GetString() is "graceful-stop")
            .GetProperty("available")
            .GetBoolean();
        using var session = _osl.Open("run", "--", TestChild, "polite", "7");
        await session.ReadUntilAsync("ready");
        var pgid = Assert.Single(await ListAsync(session)).GetProperty("pgid").GetInt32();

        var killed = await RunAsync("kill-group", Text(pgid), "--grace", "50s", "--json");

        Assert.Equal(0, killed.ExitCode);
        Assert.Equal(canAsk ? 0 : 1, killed.Json().GetProperty("forced").GetInt32());
        Assert.Equal(canAsk ? 7 : 137, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Who_ignores_that_is_killed()
    {
        using var session = _osl.Open("run", "--", TestChild, "stubborn", "ready");
        await session.ReadUntilAsync("ready");
        var pgid = Assert.Single(await ListAsync(session)).GetProperty("pgid").GetInt32();

        var killed = await RunAsync("kill-group", Text(pgid), "--grace", "200ms", "--json");

        Assert.Equal(0, killed.ExitCode);
        Assert.Equal(1, killed.Json().GetProperty("forced").GetInt32());
        Assert.Equal(137, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task What_is_detached_is_found_again_when_the_osl_that_started_it_has_ended()
    {
        var started = (await RunAsync("run", "--detach", "--json", "--", TestChild, "forever")).Json();
        var pgid = started.GetProperty("pgid").GetInt32();
        var entry = Assert.Single((await RunAsync("ps", "--json", "--group", Text(pgid))).JsonLines());
        Assert.Equal("detached", entry.GetProperty("lifetime").GetString());
        Assert.Equal(1, entry.GetProperty("members").GetInt32());
        Assert.Equal(started.GetProperty("operation").GetString(), entry.GetProperty("operation").GetString());

        var killed = await RunAsync("kill-group", Text(pgid), "--grace", "20s");

        Assert.Equal((0, ""), (killed.ExitCode, killed.Error));
        Assert.Empty((await RunAsync("ps", "--json", "--group", Text(pgid))).JsonLines());
    }

    [Fact]
    public async Task A_signal_with_a_meaning_is_sent_and_one_without_is_refused()
    {
        using var session = _osl.Open("run", "--", TestChild, "wait");
        await session.ReadUntilAsync("ready");
        var pgid = Assert.Single(await ListAsync(session)).GetProperty("pgid").GetInt32();

        var without = await RunAsync("signal", "--group", Text(pgid), "USR1");
        var stop = await RunAsync("signal", "--group", Text(pgid), "STOP", "--json");
        var kill = await RunAsync("signal", "--group", Text(pgid), "KILL", "--json");

        Assert.Equal(1, without.ExitCode);
        Assert.Contains("Windows has nothing like it", without.Error, StringComparison.Ordinal);
        Assert.Equal((0, 1), (stop.ExitCode, stop.Json().GetProperty("processes_affected").GetInt32()));
        Assert.Equal((0, "KILL"), (kill.ExitCode, kill.Json().GetProperty("signal").GetString()));
        Assert.Equal(137, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task When_osl_is_killed_what_it_manages_ends()
    {
        using var session = _osl.Open("run", "--", TestChild, "parent", "1");
        await session.ReadUntilAsync("ready");
        var entry = Assert.Single(await ListAsync(session));
        using var leader = Process.GetProcessById(entry.GetProperty("pid").GetInt32());
        // Opened now: what has ended later is this one, and no other of its number.
        _ = leader.SafeHandle;

        using (var host = Process.GetProcessById(entry.GetProperty("host_pid").GetInt32()))
        {
            host.Kill();
        }

        await leader.WaitForExitAsync(Test);
        Assert.Empty(await ListAsync(session));
    }

    [Fact]
    public async Task At_its_time_limit_a_program_is_ended()
    {
        var outcome = await RunAsync("run", "--timeout", "3s", "--grace", "200ms", "--", TestChild, "stubborn", "ready");

        Assert.Equal((124, "ready"), (outcome.ExitCode, outcome.Output.Trim()));
    }

    [Fact]
    public async Task The_journal_has_all_of_it_and_is_whole()
    {
        await RunAsync("run", "--reason", "first", "--", TestChild, "exit", "3");
        await RunAsync("run", "--", @"C:\no\such\program.exe");

        var records = (await _osl.RecordsAsync()).Select(line => line.GetProperty("record")).ToList();

        Assert.Equal(["intent", "started", "exit", "outcome", "refusal"], records.Select(TypeOf), StringComparer.Ordinal);
        Assert.Equal("first", records[0].GetProperty("reason").GetString());
        Assert.Single(records.Take(4).Select(record => record.GetProperty("operation").GetString()).Distinct(StringComparer.Ordinal));
        Assert.Contains("testchild.exe", (await RunAsync("audit", "list")).Output, StringComparison.Ordinal);
        var verification = JournalVerifier.Verify(_osl.AuditDirectory);
        Assert.Equal((JournalVerdict.Clean, 5), (verification.Verdict, verification.Records));
        // 15: whole, and nothing was given that proves it.
        Assert.Equal(15, (await RunAsync("audit", "verify")).ExitCode);
    }

    [Fact]
    public async Task The_doctor_says_what_this_machine_can_do()
    {
        var outcome = await RunAsync("doctor", "--json");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        var findings = outcome.JsonLines().ToDictionary(line => line.GetProperty("name").GetString()!, StringComparer.Ordinal);
        Assert.True(findings["job-at-creation"].GetProperty("available").GetBoolean());
        Assert.True(findings["nested-jobs"].GetProperty("available").GetBoolean());
        Assert.True(findings["audit-journal"].GetProperty("available").GetBoolean());
        Assert.True(findings["registry"].GetProperty("available").GetBoolean());
        Assert.Equal(!Wine.IsHere, findings["limits"].GetProperty("available").GetBoolean());
        Assert.All(
            findings.Values.Where(finding => !finding.GetProperty("available").GetBoolean()),
            finding => Assert.NotEmpty(finding.GetProperty("remedy").GetString()!)
        );
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string TypeOf(JsonElement record) => record.GetProperty("type").GetString()!;

    /// <summary>What a session has started that is still alive, as any other osl sees it.</summary>
    private async Task<IReadOnlyList<JsonElement>> ListAsync(OslSession session)
    {
        var listed = await RunAsync("ps", "--json", "--host", Text(session.Pid));
        Assert.Equal((0, ""), (listed.ExitCode, listed.Error));
        return listed.JsonLines();
    }

    private async Task<string> Batch(string text)
    {
        var path = Path.Combine(_osl.Directory, "batch.cmd");
        await File.WriteAllTextAsync(path, text, Test);
        return path;
    }

    /// <summary>Once more where Wine could not start a process, for no reason of ours (knowledge/wine.md).</summary>
    private async Task<OslOutcome> RunAsync(params string[] arguments)
    {
        while (true)
        {
            Test.ThrowIfCancellationRequested();
            try
            {
                var outcome = await _osl.RunAsync(arguments);
                if (!Wine.IsHere || !outcome.Error.Contains("ERROR_INTERNAL_ERROR", StringComparison.Ordinal))
                {
                    return outcome;
                }
            }
            catch (Win32Exception e) when (Wine.IsHere && e.NativeErrorCode == InternalError)
            {
                // Once more.
            }
        }
    }
}
