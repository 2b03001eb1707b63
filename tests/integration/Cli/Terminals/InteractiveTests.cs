using System.Globalization;
using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>
/// What people do at a terminal, under osl as without it, screen by screen (adr/0021-job-control.md). A real shell with job control on a
/// real pseudo-terminal.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class InteractiveTests : IAsyncLifetime
{
    private readonly OslCommandLine _osl = new();
    private TmuxShell? _shell;

    private TmuxShell Shell => _shell!;

    public async ValueTask InitializeAsync() => _shell = await TmuxShell.OpenAsync(_osl);

    public async ValueTask DisposeAsync()
    {
        if (_shell is not null)
        {
            await _shell.DisposeAsync();
        }

        _osl.Dispose();
    }

    [Fact]
    public async Task A_pager_pages_searches_and_quits()
    {
        Shell.Write("text", string.Join('\n', Enumerable.Range(1, 300).Select(line => $"line {line}")));
        await Shell.TypeAsync("clear; $OSL run -- less text");
        await FirstLineAsync("line 1");
        await Shell.KeyAsync("Space");
        await FirstLineAsync("line 24");
        await Shell.TypeAsync("/line 150");
        await FirstLineAsync("line 150");
        await Shell.KeyAsync("q");
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task An_editor_is_stopped_goes_on_and_writes()
    {
        await Shell.TypeAsync("clear; $OSL run -- $OSL run -- vi -u NONE -N story");
        await Shell.WaitForLineAsync("~");
        await Shell.TypeAsync("iOnce upon a time");
        await Shell.WaitAsync("INSERT");
        await Shell.KeyAsync("Escape");
        // A key that comes right behind Escape may be taken for one word with it.
        await Shell.WaitAsync(
            "end of inserting",
            screen => screen.Contains("Once upon a time", StringComparison.Ordinal) && !screen.Contains("INSERT", StringComparison.Ordinal)
        );
        await Shell.KeyAsync("C-z");
        await Shell.WaitAsync("Stopped");
        await Shell.AssertAsBeforeAsync();
        await Shell.TypeAsync("clear; fg");
        await Shell.WaitForLineAsync("~");
        await Shell.TypeAsync(":wq");
        Assert.Contains("wrote=0", await Shell.RunAsync("echo wrote=$?"), StringComparison.Ordinal);
        Assert.StartsWith(
            "Once upon a time\n",
            await File.ReadAllTextAsync(Path.Combine(_osl.Directory, "story"), Cancelled),
            StringComparison.Ordinal
        );
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task Top_refreshes_and_quits()
    {
        await Shell.TypeAsync("clear; $OSL run -- top");
        await Shell.WaitAsync("Tasks:");
        await Shell.KeyAsync("q");
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task A_shell_has_jobs_of_its_own_and_can_be_suspended()
    {
        await Shell.TypeAsync("clear; $OSL run -- bash --norc --noprofile");
        await Shell.WaitAsync("bash-");
        await Shell.TypeAsync("PS1='in''ner> '");
        await Shell.WaitForLineAsync("inner>");
        await Shell.TypeAsync("sleep 1000");
        await Shell.WaitForProgramAsync();
        await Shell.KeyAsync("C-z");
        await Shell.WaitAsync("Stopped                 sleep 1000");
        await Shell.TypeAsync("clear; fg");
        await Shell.WaitForProgramAsync();
        await Shell.KeyAsync("C-c");
        await Shell.TypeAsync("echo st''atus $?");
        await Shell.WaitAsync("status 130");
        await Shell.TypeAsync("clear; suspend");
        await Shell.WaitAsync("Stopped                 $OSL run -- bash");
        await Shell.AssertAsBeforeAsync();
        await Shell.TypeAsync("clear; fg");
        await Shell.WaitAsync("inner>");
        await Shell.TypeAsync("exit 3");
        Assert.Contains("status 3", await Shell.RunAsync("echo status $?"), StringComparison.Ordinal);
        await Shell.AssertAsBeforeAsync();
    }

    [Theory]
    [InlineData("$OSL run -- bash ask")]
    [InlineData("$OSL run -- bash ask </dev/null")]
    [InlineData("echo from a pipe | $OSL run -- bash ask")]
    [InlineData("$OSL run -- bash ask | cat")]
    public async Task A_password_is_asked_for_and_not_shown(string command)
    {
        Shell.Write("ask", "read -rsp 'Password: ' word </dev/tty 2>/dev/tty; echo; echo \"length ${#word}\"");
        await Shell.TypeAsync($"clear; {command}");
        await Shell.WaitAsync("Password:");
        await Shell.TypeAsync("secret");
        Assert.DoesNotContain("secret", await Shell.WaitAsync("length 6"), StringComparison.Ordinal);
        await Shell.AssertAsBeforeAsync();
    }

    [Theory]
    [InlineData("$OSL run -- sh count")]
    [InlineData("$OSL run -- $OSL run -- sh count")]
    [InlineData("$OSL run -- sh count | (trap '' INT QUIT; cat)")]
    public async Task What_is_typed_to_interrupt_arrives_once_and_a_change_of_size_too(string command)
    {
        Shell.Write(
            "count",
            "trap 'n=$((n+1)); echo INT $n' INT; trap 'echo count=$n; exit' QUIT; trap 'echo size $(stty size </dev/tty)' WINCH; echo up; while :; do sleep 1000 & wait; kill $!; done"
        );
        await Shell.TypeAsync($"clear; {command}");
        await Shell.WaitForLineAsync("up");
        await Shell.KeyAsync("C-c");
        await Shell.WaitAsync("INT 1");
        await Shell.ResizeAsync(100, 30);
        await Shell.WaitAsync("size 30 100");
        await Shell.KeyAsync("C-z");
        await Shell.WaitAsync("Stopped");
        await Shell.ResizeAsync(90, 20);
        await Shell.TypeAsync("clear; fg");
        await Shell.WaitForProgramAsync();
        await Shell.ResizeAsync(80, 24);
        await Shell.WaitAsync("size 24 80");
        await Shell.KeyAsync("C-c");
        await Shell.WaitAsync("INT 2");
        await Shell.KeyAsync("C-\\");
        await Shell.WaitAsync("count=2");
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task A_pager_at_the_end_of_a_pipeline_keeps_the_keyboard_and_can_be_quit_early()
    {
        await Shell.TypeAsync("clear; $OSL run -- seq 100000 | less");
        await FirstLineAsync("1");
        await Shell.KeyAsync("C-z");
        await Shell.WaitAsync("Stopped");
        await Shell.TypeAsync("fg");
        await FirstLineAsync("1");
        await Shell.KeyAsync("Space");
        await FirstLineAsync("24");
        await Shell.KeyAsync("q");
        await Shell.AssertAsBeforeAsync();

        await Shell.TypeAsync("clear; seq 100000 | $OSL run -- less");
        await FirstLineAsync("1");
        await Shell.KeyAsync("Space");
        await FirstLineAsync("24");
        await Shell.KeyAsync("q");
        await Shell.AssertAsBeforeAsync();
    }

    [Theory]
    [InlineData("kill -9 $$", "137")]
    [InlineData("kill -TERM $PPID; sleep 1000", "143")]
    [InlineData("kill -HUP $PPID; sleep 1000", "129")]
    [InlineData("trap '' TERM; kill -TERM $PPID; while :; do sleep 1000; done", "143")]
    [InlineData("kill -KILL $PPID; sleep 1000", "137")]
    [InlineData("echo; trap '' TERM; while :; do sleep 1000; done", "124")]
    [InlineData("sh -c 'kill -9 $$'", "137")]
    public async Task The_modes_are_put_back_whatever_happens(string end, string exitCode)
    {
        Shell.Write("raw", $"stty raw -echo\n{end}\n");
        await Shell.TypeAsync(
            $"clear; $OSL run {(exitCode is "124" ? "--timeout 1s " : "")}--grace 1s -- bash raw; echo ex''it $?; sleep 0"
        );
        await Shell.WaitAsync($"exit {exitCode}");
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task What_a_program_changes_on_purpose_stays()
    {
        Assert.Contains(" -echoe ", await Shell.RunAsync("$OSL run -- stty -echoe; stty -a"), StringComparison.Ordinal);
        await Shell.RunAsync("$OSL run -- stty echoe");
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task The_modes_of_a_program_that_was_stopped_are_its_again()
    {
        Shell.Write("modes", "stty -echo -icanon; stty -a >first; kill -STOP $$; stty -a >second; stty echo icanon");
        await Shell.TypeAsync("clear; $OSL run -- bash modes");
        await Shell.WaitAsync("Stopped");
        await Shell.AssertAsBeforeAsync();
        await Shell.TypeAsync("clear; fg");
        Assert.Contains("same", await Shell.RunAsync("diff first second && echo same"), StringComparison.Ordinal);
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task It_goes_on_in_the_background_stops_when_it_wants_to_read_and_comes_to_the_front()
    {
        Shell.Write("work", "echo is up; read -r line; echo \"got $line\"");
        await Shell.TypeAsync("clear; $OSL run -- sh work &");
        await Shell.WaitAsync("is up");
        await Shell.KeyAsync("Enter");
        await StoppedAsync();
        await Shell.TypeAsync("clear; fg");
        await Shell.WaitForProgramAsync();
        await Shell.TypeAsync("hello");
        await Shell.WaitAsync("got hello");
        await Shell.AssertAsBeforeAsync();

        Shell.Write("busy", "echo up; until [ -e go ]; do sleep 0.1; done; echo gone");
        await Shell.TypeAsync("clear; $OSL run -- bash busy");
        await Shell.WaitForLineAsync("up");
        await Shell.KeyAsync("C-z");
        await Shell.WaitAsync("Stopped");
        await Shell.RunAsync("bg");
        await Shell.AssertAsBeforeAsync();
        Shell.Write("go", "");
        await Shell.WaitAsync("gone");
        await Shell.KeyAsync("Enter");
        Assert.Contains("done 0", await Shell.RunAsync("wait; echo done $?"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kill %1")]
    [InlineData("$OSL kill-group $(cat pgid) --grace 1s; fg")]
    public async Task What_is_stopped_can_be_ended(string command)
    {
        Shell.Write("stopped", "echo $$ >pgid; echo up; read -r line");
        await Shell.TypeAsync("clear; $OSL run -- bash stopped");
        await Shell.WaitForLineAsync("up");
        await Shell.KeyAsync("C-z");
        await Shell.WaitAsync("Stopped");
        await Shell.RunAsync(command);
        var pgid = int.Parse(await File.ReadAllTextAsync(Path.Combine(_osl.Directory, "pgid"), Cancelled), CultureInfo.InvariantCulture);
        await Shell.RunAsync("wait");
        Assert.Equal(0, OslCommandLine.AliveIn(pgid));
        Assert.DoesNotContain("osl", await Shell.RunAsync("clear; jobs | tr A-Z a-z"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_terminal_hangs_up_nobody_is_left(bool stopped)
    {
        Shell.Write("hang", "echo $$ $PPID >ids; echo up; while :; do sleep 1000; done");
        await Shell.TypeAsync("clear; $OSL run -- bash hang");
        await Shell.WaitForLineAsync("up");
        if (stopped)
        {
            await Shell.KeyAsync("C-z");
            await Shell.WaitAsync("Stopped");
        }

        var ids = (await File.ReadAllTextAsync(Path.Combine(_osl.Directory, "ids"), Cancelled))
            .Split()
            .Where(id => id.Length > 0)
            .ToArray();
        await Shell.HangUpAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (ids.Any(id => OslCommandLine.IsAlive(int.Parse(id, CultureInfo.InvariantCulture))))
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Dash_has_its_jobs_too()
    {
        Shell.Write("echoing", "while read -r line; do echo \"got $line\"; done");
        await Shell.TypeAsync("clear; PS1='da''sh> ' dash -i");
        await Shell.WaitForLineAsync("dash>");
        await Shell.TypeAsync("$OSL run -- sh echoing");
        await Shell.TypeAsync("one");
        await Shell.WaitAsync("got one");
        await Shell.KeyAsync("C-z");
        await Shell.WaitAsync("Stopped");
        await Shell.TypeAsync("fg");
        await Shell.TypeAsync("two");
        await Shell.WaitAsync("got two");
        await Shell.KeyAsync("C-d");
        await Shell.TypeAsync("exit 4");
        Assert.Contains("status 4", await Shell.RunAsync("echo status $?"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_stopped_and_continued_a_hundred_times()
    {
        Shell.Write("echoing", "while read -r line; do echo \"got $line\"; done");
        await Shell.TypeAsync("clear; $OSL run -- sh echoing");
        await Shell.WaitForProgramAsync();
        for (var i = 0; i < 100; i++)
        {
            await Shell.TypeAsync($"{i}");
            await Shell.WaitAsync($"got {i}");
            await Shell.KeyAsync("C-z");
            await Shell.WaitAsync("Stopped");
            await Shell.TypeAsync("clear; fg");
            await Shell.WaitForProgramAsync();
        }

        await Shell.KeyAsync("C-d");
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task An_interruption_at_any_moment_of_the_start_ends_it()
    {
        for (var i = 0; i < 40; i++)
        {
            await Shell.TypeAsync("clear; $OSL run -- sleep 1000");
            await Shell.WaitForProgramAsync();
            for (var look = 0; look < i; look++)
            {
                _ = await Shell.ScreenAsync();
            }

            await Shell.KeyAsync("C-c");
            Assert.Contains("status 130", await Shell.RunAsync("echo status $?"), StringComparison.Ordinal);
        }

        await Shell.AssertAsBeforeAsync();
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private Task<string> FirstLineAsync(string line) =>
        Shell.WaitAsync($"first line '{line}'", screen => string.Equals(screen.Split('\n')[0].TrimEnd(), line, StringComparison.Ordinal));

    /// <summary>bash tells of a background job's stop before its next prompt only.</summary>
    private async Task StoppedAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (!(await Shell.RunAsync("jobs")).Contains("Stopped", StringComparison.Ordinal))
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }
}
