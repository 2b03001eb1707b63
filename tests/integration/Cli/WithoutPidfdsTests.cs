using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl in a real sandbox: a seccomp filter that answers pidfd_open and pidfd_send_signal as old kernels and container profiles do.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class WithoutPidfdsTests : IDisposable
{
    private const int ENOSYS = 38;
    private const int EPERM = 1;

    private readonly OslCommandLine _osl = new();

    public WithoutPidfdsTests()
    {
        CallRefusal.WriteTo(_osl.Directory);
    }

    public void Dispose() => _osl.Dispose();

    [Theory]
    [InlineData(ENOSYS)]
    [InlineData(EPERM)]
    public async Task Groups_are_run_listed_and_ended(int error)
    {
        using var session = Open(error, "run", "--", "sh", "-c", "sleep 1000 & echo $$; wait");
        var pgid = await session.ReadNumberAsync();
        Assert.Equal(2, OslCommandLine.AliveIn(pgid));

        var listed = await RunAsync(error, "ps", "--json");
        // The registry of root is the machine's: others may be at work in it.
        Assert.Equal(2, Assert.Single(listed.JsonLines(), line => Pgid(line) == pgid).GetProperty("members").GetInt32());

        var killed = await RunAsync(error, "kill-group", Text(pgid), "--grace", "5s");
        Assert.Equal((0, "2 of 2 processes ended (0 by SIGKILL)\n", ""), (killed.ExitCode, killed.Output, killed.Error));
        Assert.Equal(143, (await session.EndAsync()).ExitCode);
        Assert.Equal(0, OslCommandLine.AliveIn(pgid));
        Assert.DoesNotContain((await RunAsync(error, "ps", "--json")).JsonLines(), line => Pgid(line) == pgid);
    }

    [Fact]
    public async Task Output_and_exit_codes_come_through()
    {
        var run = await RunAsync(ENOSYS, "run", "--", "sh", "-c", "cat; echo said >&2; exit 9");
        Assert.Equal((9, "", "said\n"), (run.ExitCode, run.Output, run.Error));
        Assert.Equal(137, (await RunAsync(ENOSYS, "run", "--", "sh", "-c", "kill -KILL $$")).ExitCode);
        // Consistent; there is no key to prove it by.
        Assert.Equal(15, (await RunAsync(EPERM, "audit", "verify")).ExitCode);
    }

    [Fact]
    public async Task A_host_that_is_killed_leaves_nobody()
    {
        using var session = Open(ENOSYS, "run", "--", "sh", "-c", "setsid sleep 1000 & echo $$ $!; wait");
        var pids = (await session.ReadLineAsync())!.Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToList();
        Assert.All(pids, pid => Assert.True(OslCommandLine.IsAlive(pid)));

        session.Signal(Libc.SIGKILL);
        while (pids.Exists(OslCommandLine.IsAlive))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task On_a_terminal_control_keys_reach_the_program_and_where_nobody_could_continue_it_it_does_not_stop()
    {
        var command =
            "exec python3 filter.py pidfd_open:38,pidfd_send_signal:38 $OSL run -- sh -c 'echo ready; while read -r line; do echo got $line; done'";
        using var session = _osl.OpenOther("/usr/bin/script", "-qec", command, "/dev/null");
        await session.ReadUntilAsync("ready");
        await session.TypeAsync("\u001a");
        await session.TypeAsync("hello\r");
        await session.ReadUntilAsync("got hello");
        await session.TypeAsync("\u0003");
        Assert.Equal(130, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_program_is_stopped_from_the_keyboard_and_goes_on()
    {
        await using var shell = await TmuxShell.OpenAsync(_osl);
        shell.Write("text", string.Join('\n', Enumerable.Range(1, 300).Select(line => $"line {line}")));
        await shell.TypeAsync("clear; python3 filter.py pidfd_open:38,pidfd_send_signal:38 $OSL run -- less text");
        await shell.WaitForLineAsync("line 1");
        await shell.KeyAsync("C-z");
        await shell.WaitAsync("Stopped");
        await shell.AssertAsBeforeAsync();
        await shell.TypeAsync("clear; fg");
        await shell.WaitForLineAsync("line 1");
        await shell.KeyAsync("q");
        Assert.Contains("status 0", await shell.RunAsync("echo status $?"), StringComparison.Ordinal);
        await shell.AssertAsBeforeAsync();
    }

    [Theory]
    [InlineData("--nice", "5", "a priority")]
    [InlineData("--containment", "pidns", "containment PidNamespace")]
    [InlineData("--read", "/usr", "a sandbox")]
    [InlineData("--limit", "open-files=64", "limits of resources")]
    public async Task What_only_Linux_calls_could_enforce_is_refused_and_says_what_would_help(string option, string value, string what)
    {
        var run = await RunAsync(ENOSYS, "run", option, value, "--", "true");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains($"{what} without pidfds", run.Error, StringComparison.Ordinal);
        Assert.Contains("pidfd_open", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_names_the_engine()
    {
        var engine = (await RunAsync(EPERM, "doctor", "--json"))
            .JsonLines()
            .Single(line => line.GetProperty("name").GetString() is "engine");
        Assert.False(engine.GetProperty("available").GetBoolean());
        Assert.StartsWith("posix, the fallback", engine.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var here = (await _osl.RunAsync("doctor", "--json")).JsonLines().Single(line => line.GetProperty("name").GetString() is "engine");
        Assert.Equal("linux, with pidfds", here.GetProperty("detail").GetString());
        Assert.Equal(0, (await RunAsync(ENOSYS, "doctor", "--require", "guardian")).ExitCode);
    }

    [Fact]
    public async Task No_call_of_Linuxs_alone_starts_watches_or_signals()
    {
        var log = Path.Combine(_osl.Directory, "trace");
        var traced = await _osl.RunOtherAsync(
            "strace",
            "-f",
            "-qq",
            "-o",
            log,
            "-e",
            "trace=pidfd_open,pidfd_send_signal,waitid,epoll_create1,epoll_ctl,epoll_wait,eventfd2,signalfd4,clone3",
            "-e",
            "inject=pidfd_open:error=ENOSYS",
            "-e",
            "signal=none",
            OslCommandLine.Path,
            "run",
            "--",
            "sh",
            "-c",
            "echo out; exit 4"
        );
        Assert.SkipWhen(traced.Error.Contains("strace:", StringComparison.Ordinal), $"strace can't do it here: {traced.Error}");
        Assert.Equal((4, "out\n"), (traced.ExitCode, traced.Output));

        var calls = File.ReadLines(log).Select(line => Call().Match(line).Groups["call"].Value).ToList();
        // The question whether there are pidfds, and the guardian's.
        Assert.True(calls.Count(call => call is "pidfd_open") is 1 or 2, string.Join(' ', calls));
        Assert.Contains("waitid", calls, StringComparer.Ordinal);
        Assert.DoesNotContain(calls, call => call is "pidfd_send_signal" or "epoll_create1" or "epoll_ctl" or "eventfd2" or "signalfd4");
        Assert.DoesNotContain(
            File.ReadLines(log),
            line => line.Contains("waitid(P_PIDFD", StringComparison.Ordinal) || line.Contains("waitid(P_PGID", StringComparison.Ordinal)
        );
    }

    private static int Pgid(System.Text.Json.JsonElement line) => line.GetProperty("pgid").GetInt32();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private OslSession Open(int error, params string[] arguments) =>
        _osl.OpenOther(
            "/usr/bin/python3",
            ["filter.py", $"pidfd_open:{error},pidfd_send_signal:{error}", OslCommandLine.Path, .. arguments]
        );

    private Task<OslOutcome> RunAsync(int error, params string[] arguments) =>
        _osl.RunOtherAsync(
            "/usr/bin/python3",
            ["filter.py", $"pidfd_open:{error},pidfd_send_signal:{error}", OslCommandLine.Path, .. arguments]
        );

    [GeneratedRegex(@"^\d+ +(?<call>\w+)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Call();
}
