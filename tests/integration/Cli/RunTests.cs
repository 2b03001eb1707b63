using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Osl.Tests.Integration.Cli;

[UnsupportedOSPlatform("windows")]
public sealed class RunTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task Input_and_output_pass_through_byte_by_byte()
    {
        var bytes = RandomNumberGenerator.GetBytes(1_000_000);
        var outcome = await _osl.RunAsync(bytes, ["run", "--", "cat"]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(bytes, outcome.OutputBytes);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Arguments_reach_the_program_untouched()
    {
        string[] arguments = ["", " ", "a b", "--json", "--timeout", "*", "$HOME", "'\"\\", "ü\u202e", "--", "@x", "-1"];
        var outcome = await _osl.RunAsync(["run", "printf", "%s\\n", .. arguments]);
        Assert.Equal(string.Join('\n', arguments) + "\n", outcome.Output);
    }

    [Fact]
    public async Task The_program_leads_a_group_of_its_own_unless_said_otherwise()
    {
        const string Script = "ps -o pid=,pgid=,sid= -p $$";
        var own = Numbers(await _osl.RunAsync("run", "--", "sh", "-c", Script));
        Assert.Equal(own[0], own[1]);
        Assert.NotEqual(own[0], own[2]);
        var inherited = Numbers(await _osl.RunAsync("run", "--inherit-group", "--", "sh", "-c", Script));
        Assert.NotEqual(inherited[0], inherited[1]);
        var session = Numbers(await _osl.RunAsync("run", "--new-session", "--", "sh", "-c", Script));
        Assert.Equal((session[0], session[0]), (session[1], session[2]));
    }

    [Fact]
    public async Task A_program_can_join_a_group_that_osl_made()
    {
        // One session for both, as in a terminal: a group lies within one.
        var outcome = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            """
            mkfifo ready; $OSL run -- sh -c 'echo $$ >ready; exec sleep 1000' & read -r pgid <ready
            $OSL run --group $pgid -- sh -c 'ps -o pgid= -p $$'; echo $pgid
            $OSL kill-group $pgid >&2; wait $!; echo $?
            """
        );
        var lines = outcome.Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Equal(lines[1], lines[0]);
        Assert.Equal("143", lines[2]);
        Assert.Equal("1 of 1 process ended (0 by SIGKILL)\n", outcome.Error);
    }

    [Theory]
    [InlineData("", "0000000000000000")]
    [InlineData("HUP", "0000000000000001")]
    [InlineData("INT,QUIT", "0000000000000006")]
    // What else is ignored is nobody's wish for the program: .NET ignores SIGPIPE itself.
    [InlineData("PIPE,TERM,USR1,HUP", "0000000000000001")]
    public async Task What_osl_was_started_with_as_ignored_stays_ignored_in_the_program(string ignored, string expected)
    {
        string[] ignore = ignored.Length == 0 ? [] : [$"--ignore-signal={ignored}"];
        var outcome = await _osl.RunOtherAsync(
            "/usr/bin/env",
            ["--default-signal=HUP,INT,QUIT", .. ignore, OslCommandLine.Path, "run", "--", "grep", "SigIgn", "/proc/self/status"]
        );
        Assert.Equal((0, $"SigIgn:\t{expected}\n"), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task What_is_run_with_nohup_lives_on_after_a_hangup()
    {
        var outcome = await _osl.RunOtherAsync("/usr/bin/nohup", OslCommandLine.Path, "run", "--", "sh", "-c", "kill -HUP $$; echo alive");
        Assert.Equal((0, "alive\n"), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task A_hundred_thousand_arguments_reach_the_program_and_too_many_are_told_as_such()
    {
        // The shell counts what it gets and nothing has to be written for that.
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", "set -- $(seq 100000); $OSL run -- sh -c 'echo $#' sh \"$@\"");
        Assert.Equal((0, "100000\n", ""), (outcome.ExitCode, outcome.Output, outcome.Error));

        // Nobody can give osl more than the kernel takes, a quarter of the stack's limit; so that is lowered while osl waits for the reader
        // of its ids. Not before it has a second thread: the end of an exec sets the limit that its beginning has seen (finalize_exec).
        var full = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            """
            mkfifo ids; set -- $(seq 100000); $OSL run --id-file ids -- true "$@" & osl=$!
            until [ "$(cat /proc/$osl/comm)" = osl ] && [ "$(ls /proc/$osl/task | wc -l)" -gt 1 ]; do :; done
            prlimit --pid $osl --stack=4194304:4194304 && cat ids; wait $osl
            """
        );
        Assert.Equal((126, ""), (full.ExitCode, full.Output));
        Assert.Contains("its arguments and environment are too long together", full.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_and_directory_are_as_asked()
    {
        var outcome = await _osl.RunAsync(
            "run",
            "--env",
            "A=1=2",
            "--env",
            "B=",
            "--cwd",
            "/usr",
            "--",
            "sh",
            "-c",
            "echo \"$A|${B-unset}|$(pwd)\""
        );
        Assert.Equal("1=2||/usr\n", outcome.Output);
    }

    [Fact]
    public async Task With_json_the_result_is_one_object()
    {
        var outcome = await _osl.RunAsync("run", "--json", "--", "sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal(3, outcome.ExitCode);
        var result = outcome.Json();
        Assert.Equal(
            [
                "version",
                "operation",
                "pid",
                "pgid",
                "exit_code",
                "signal",
                "timed_out",
                "stdout",
                "stdout_bytes",
                "stdout_cut_off",
                "stdout_complete",
                "stdout_lost",
                "stderr",
                "stderr_bytes",
                "stderr_cut_off",
                "stderr_complete",
                "stderr_lost",
                "left_behind",
                "escaped",
                "duration_ms",
                "cpu_ms",
                "peak_memory_bytes",
                "outcome_recorded",
            ],
            result.EnumerateObject().Select(member => member.Name),
            StringComparer.Ordinal
        );
        Assert.Equal(1, result.GetProperty("version").GetInt32());
        Assert.Equal("out\n", result.GetProperty("stdout").GetString());
        Assert.Equal("err\n", result.GetProperty("stderr").GetString());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("signal").ValueKind);
        Assert.Equal(result.GetProperty("pid").GetInt32(), result.GetProperty("pgid").GetInt32());
    }

    [Fact]
    public async Task With_json_what_is_cut_off_or_no_text_is_told()
    {
        var large = (await _osl.RunAsync("run", "--json", "--", "head", "-c", "1048586", "/dev/zero")).Json();
        Assert.Equal(1_048_586, large.GetProperty("stdout_bytes").GetInt64());
        Assert.Equal(10, large.GetProperty("stdout_cut_off").GetInt64());
        var binary = (await _osl.RunAsync("run", "--json", "--", "printf", "a\\377b")).Json();
        Assert.Equal("a\ufffdb", binary.GetProperty("stdout").GetString());
        Assert.Equal([(byte)'a', 0xff, (byte)'b'], binary.GetProperty("stdout_base64").GetBytesFromBase64());
    }

    [Fact]
    public async Task With_json_a_time_out_keeps_the_output_and_a_refusal_is_an_error()
    {
        var late = await _osl.RunAsync("run", "--json", "--timeout", "1s", "--", "sh", "-c", "echo so far; exec sleep 1000");
        Assert.Equal(124, late.ExitCode);
        Assert.True(late.Json().GetProperty("timed_out").GetBoolean());
        Assert.Equal("so far\n", late.Json().GetProperty("stdout").GetString());

        var missing = await _osl.RunAsync("run", "--json", "no-such-program");
        Assert.Equal(127, missing.ExitCode);
        var error = missing.Json().GetProperty("error");
        Assert.Equal("not_found", error.GetProperty("code").GetString());
        Assert.Equal("none", error.GetProperty("effect").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.NotEmpty(error.GetProperty("remedy").GetString()!);
    }

    [Fact]
    public async Task A_detached_program_lives_on()
    {
        var started = await _osl.RunAsync("run", "--detach", "--json", "--", "sleep", "1000");
        Assert.Equal(0, started.ExitCode);
        var pgid = started.Json().GetProperty("pgid").GetInt32();
        Assert.True(OslCommandLine.IsAlive(pgid));
        var killed = await _osl.RunAsync("kill-group", $"{pgid}");
        Assert.Equal((0, "1 of 1 process ended (0 by SIGKILL)\n"), (killed.ExitCode, killed.Output));
        Assert.False(OslCommandLine.IsAlive(pgid));
    }

    [Theory]
    [InlineData(1, 129)]
    [InlineData(2, 130)]
    [InlineData(15, 143)]
    public async Task A_signal_to_osl_ends_the_whole_tree_gracefully_and_once(int signal, int exitCode)
    {
        using var session = _osl.Open(
            "run",
            "--",
            "sh",
            "-c",
            "trap 'echo asked; kill $!; wait $!; exit 0' TERM; sh -c 'sleep 1000 & sleep 1000' & echo $$; wait"
        );
        var pgid = await session.ReadNumberAsync();
        session.Signal(signal);
        await session.ReadUntilAsync("asked");
        session.Signal(signal);
        var outcome = await session.EndAsync();
        Assert.Equal((exitCode, ""), (outcome.ExitCode, outcome.Output));
        Assert.Equal(0, OslCommandLine.AliveIn(pgid));
    }

    [Fact]
    public async Task What_left_the_group_is_named()
    {
        var outcome = await _osl.RunAsync(
            "run",
            "--",
            "sh",
            "-c",
            "mkfifo f; setsid sh -c 'echo $$ >f; exec sleep 1000' >/dev/null 2>&1 & read -r escaped <f; echo $escaped"
        );
        var escaped = int.Parse(outcome.Output, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            $"""
            osl: Still alive, since they left the process group: {escaped}.
                 End them by their pids. What runs with --containment cgroup or pidns can't leave.

            """.ReplaceLineEndings("\n"),
            outcome.Error
        );
        Assert.True(OslCommandLine.IsAlive(escaped));
        Osl.Interop.Linux.Libc.Kill(escaped, 9);
    }

    private static int[] Numbers(OslOutcome outcome)
    {
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        return [.. outcome.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
    }
}
