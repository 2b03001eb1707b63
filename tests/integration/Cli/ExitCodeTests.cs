using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

[UnsupportedOSPlatform("windows")]
public sealed class ExitCodeTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(255)]
    public async Task Run_exits_as_the_program_did(int code)
    {
        var outcome = await _osl.RunAsync("run", "--", "sh", "-c", string.Create(CultureInfo.InvariantCulture, $"exit {code}"));
        Assert.Equal((code, "", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("TERM", 143)]
    [InlineData("SEGV", 139)]
    public async Task Run_exits_with_128_and_the_signal_that_ended_the_program(string signal, int code) =>
        Assert.Equal(code, (await _osl.RunAsync("run", "--", "sh", "-c", $"kill -{signal} $$")).ExitCode);

    [Fact]
    public async Task A_missing_program_is_127()
    {
        Refused(127, await _osl.RunAsync("run", "no-such-program"));
        Refused(127, await _osl.RunAsync("run", "./no-such-program"));
        Refused(127, await _osl.RunAsync("run", "/no/such/program"));
    }

    [Fact]
    public async Task What_is_found_and_cannot_run_is_126()
    {
        var plain = Path.Combine(_osl.Directory, "plain");
        await File.WriteAllTextAsync(plain, "#!/bin/sh\n", TestContext.Current.CancellationToken);
        Refused(126, await _osl.RunAsync("run", _osl.Directory));
        Refused(126, await _osl.RunAsync("run", plain));

        var orphan = Path.Combine(_osl.Directory, "orphan");
        await File.WriteAllTextAsync(orphan, "#!/no/such/interpreter\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(orphan, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Refused(126, await _osl.RunAsync("run", orphan));
    }

    [Fact]
    public async Task A_time_limit_is_124_and_leaves_nobody()
    {
        using var session = _osl.Open("run", "--timeout", "1s", "--", "sh", "-c", "echo $$; sleep 1000 & exec sleep 1000");
        var pgid = await session.ReadNumberAsync();
        Refused(124, await session.EndAsync());
        Assert.Equal(0, OslCommandLine.AliveIn(pgid));
    }

    [Fact]
    public async Task What_osl_refuses_is_125_in_run()
    {
        Refused(125, await _osl.RunAsync("run", "--bogus", "true"));
        Refused(125, await _osl.RunAsync("run"));
        Refused(125, await _osl.RunAsync("run", "--timeout", "0s", "true"));
        Refused(125, await _osl.RunAsync("run", "--cwd", "/no/such/directory", "true"));
        Refused(125, await _osl.RunAsync("run", "--group", "1", "true"));
        Refused(125, await _osl.RunAsync("run", "--group", "-1", "true"));
        Refused(125, await _osl.RunAsync("run", "--audit-dir", "/proc/no/audit", "true"));
    }

    [Fact]
    public async Task A_policy_that_is_given_is_refused_and_never_ignored()
    {
        Refused(125, await _osl.RunAsync("run", "--policy", "policy.yaml", "true"));
        Refused(1, await _osl.RunAsync("signal", "4711", "TERM", "--policy", "policy.yaml"));
        Refused(125, await _osl.RunOtherAsync("/usr/bin/env", "OSL_POLICY=policy.yaml", OslCommandLine.Path, "run", "true"));
        Refused(1, await _osl.RunOtherAsync("/usr/bin/env", "OSL_POLICY=policy.yaml", OslCommandLine.Path, "kill-group", "4711"));
    }

    [Theory]
    [InlineData("\"$OSL\" run -- echo \"$(printf '\\377\\376')\"")]
    [InlineData("V=\"$(printf '\\377')\" \"$OSL\" run -- true")]
    public async Task Bytes_that_are_not_UTF8_are_refused_and_never_changed(string script)
    {
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", script);

        Assert.Equal(125, outcome.ExitCode);
        Assert.Contains("not UTF-8", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_is_2()
    {
        Refused(2, await _osl.RunAsync());
        Refused(2, await _osl.RunAsync("signal", "-1", "TERM"));
        Refused(2, await _osl.RunAsync("signal", "0", "TERM"));
        Refused(2, await _osl.RunAsync("kill-group", "0"));
        Refused(2, await _osl.RunAsync("kill-group", "-1"));
        Refused(2, await _osl.RunAsync("signal", "4711", "NOSUCH"));
        Refused(2, await _osl.RunAsync("ps", "--bogus"));
    }

    [Fact]
    public async Task What_must_never_be_signalled_is_3()
    {
        Refused(3, await _osl.RunAsync("signal", "1", "TERM"));
        Refused(3, await _osl.RunAsync("signal", "--group", "1", "TERM"));
        Refused(3, await _osl.RunAsync("kill-group", "1"));
        Refused(3, await _osl.RunOtherAsync("/bin/sh", "-c", "exec $OSL signal $$ TERM"));
        Refused(3, await _osl.RunOtherAsync("/usr/bin/setsid", "--wait", "/bin/sh", "-c", "exec $OSL kill-group $$"));
    }

    [Fact]
    public async Task A_process_that_osl_did_not_start_is_3_and_lives_on()
    {
        using var foreign = Process.Start("/usr/bin/setsid", ["/bin/sleep", "1000"]);
        try
        {
            var pid = foreign.Id.ToString(CultureInfo.InvariantCulture);
            Refused(3, await _osl.RunAsync("signal", pid, "TERM"));
            var group = await _osl.RunAsync("kill-group", pid);
            Assert.Equal(3, group.ExitCode);
            Assert.Contains("was not started through Osl", group.Error, StringComparison.Ordinal);
            Assert.False(foreign.HasExited);
        }
        finally
        {
            foreign.Kill();
        }
    }

    [Fact]
    public async Task What_is_not_there_is_4()
    {
        // Beyond pid_max of every Linux.
        Refused(4, await _osl.RunAsync("signal", "2000000000", "TERM"));
        Refused(4, await _osl.RunAsync("signal", "--group", "2000000000", "TERM"));
        Refused(4, await _osl.RunAsync("kill-group", "2000000000"));
        Assert.Equal(0, (await _osl.RunAsync("run", "true")).ExitCode);
        Refused(4, await _osl.RunAsync("audit", "show", "1000"));
        Refused(4, await _osl.RunAsync("audit", "show", new string('0', 32)));
    }

    [Fact]
    public async Task A_journal_that_is_not_there_is_6()
    {
        Refused(6, await _osl.RunAsync("audit", "list", "--audit-dir", "/no/such/journal"));
        Refused(6, await _osl.RunAsync("audit", "show", "0", "--audit-dir", "/no/such/journal"));
    }

    [Fact]
    public async Task Output_that_cannot_be_written_is_told_and_never_traced()
    {
        Assert.Equal(0, (await _osl.RunAsync("run", "true")).ExitCode);
        Refused(1, await _osl.RunOtherAsync("/bin/sh", "-c", "$OSL audit list >/dev/full"));
        Refused(1, await _osl.RunOtherAsync("/bin/sh", "-c", "$OSL audit list >&-"));
        Refused(125, await _osl.RunOtherAsync("/bin/sh", "-c", "$OSL run --json true >/dev/full"));
        // Nobody reads: nothing more to do, and nothing to complain of.
        var unread = await _osl.RunOtherAsync("/bin/sh", "-c", "{ $OSL doctor; echo $? >&2; } | true");
        Assert.Equal("0\n", unread.Error);
        var silent = await _osl.RunOtherAsync("/bin/sh", "-c", "$OSL run false >&- 2>&- <&-");
        Assert.Equal(1, silent.ExitCode);
    }

    private static void Refused(int code, OslOutcome outcome)
    {
        Assert.True(code == outcome.ExitCode, $"{outcome.ExitCode} instead of {code}: {outcome.Error}");
        var lines = outcome.Error.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 1, 2);
        Assert.StartsWith("osl: ", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }
}
