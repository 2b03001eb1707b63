using System.Runtime.Versioning;
using System.Text.Json;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl run --pty: at a real terminal, and without one.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PtyTests : IAsyncLifetime
{
    private readonly OslCommandLine _osl = new();
    private TmuxShell? _shell;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_shell is not null)
        {
            await _shell.DisposeAsync();
        }

        _osl.Dispose();
    }

    [Fact]
    public async Task The_terminal_is_as_large_as_ones_own_and_grows_with_it()
    {
        _shell = await TmuxShell.OpenAsync(_osl);
        _shell.Write("size.sh", "trap 'stty size' WINCH; stty size; tty; while :; do read line; test \"$line\" = end && exit 7; done");
        await _shell.TypeAsync("clear; tty; $OSL run --pty -- sh size.sh");
        await _shell.WaitForLineAsync("24 80");
        await _shell.ResizeAsync(100, 30);
        await _shell.WaitForLineAsync("30 100");
        await _shell.TypeAsync("end");
        Assert.Contains("exit=7", await _shell.RunAsync("echo exit=$?"), StringComparison.Ordinal);
        await _shell.ResizeAsync(80, 24);
        await _shell.RunAsync("until test \"$(stty size)\" = '24 80'; do sleep 0.05; done");
        await _shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task Control_keys_are_the_programs_and_the_modes_are_put_back()
    {
        _shell = await TmuxShell.OpenAsync(_osl);
        await _shell.TypeAsync(
            "clear; $OSL run --pty --log shown -- sh -c 'trap \"echo not yet\" INT; echo go; until read line && test \"$line\"; do :; done; echo got $line'"
        );
        await _shell.WaitForLineAsync("go");
        await _shell.KeyAsync("C-c");
        await _shell.WaitAsync("not yet");
        await _shell.TypeAsync("this");
        await _shell.WaitAsync("got this");
        await _shell.AssertAsBeforeAsync();
        Assert.Contains(
            "got this\r\n",
            await File.ReadAllTextAsync(Path.Combine(_osl.Directory, "shown"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("QUIT")]
    public async Task The_modes_are_put_back_when_osl_is_ended(string signal)
    {
        _shell = await TmuxShell.OpenAsync(_osl);
        await _shell.TypeAsync("clear; ulimit -c 0; $OSL run --pty --grace 1s -- sh -c 'echo $PPID >parent; echo go; exec sleep 1000'");
        await _shell.WaitForLineAsync("go");
        await _osl.RunOtherAsync("/bin/sh", "-c", $"kill -{signal} $(cat parent)");
        await _shell.WaitAsync("prompt", screen => screen.EndsWith('$'));
        await _shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task Without_a_terminal_input_is_typed_and_its_end_too()
    {
        var outcome = await _osl.RunAsync(
            "hello\n"u8.ToArray(),
            ["run", "--pty", "--", "sh", "-c", "stty -echo -opost; stty size; exec cat"]
        );

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("24 80\n", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("hello\n", outcome.Output.Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_what_the_terminal_shows_is_captured()
    {
        var outcome = await _osl.RunAsync("run", "--pty", "--json", "--", "sh", "-c", "test -t 1 && echo shown >&2; exit 3");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Equal("shown\r\n", outcome.Json().GetProperty("stdout").GetString());
        Assert.Equal("", outcome.Json().GetProperty("stderr").GetString());
    }

    [Fact]
    public async Task A_log_has_both_streams_is_rotated_and_what_does_not_fit_anywhere_is_told()
    {
        var outcome = await _osl.RunAsync(
            "run",
            "--log",
            "log",
            "--log-size",
            "4K",
            "--log-count",
            "2",
            "--",
            "sh",
            "-c",
            "seq 2000; echo bad >&2"
        );

        Assert.Equal(string.Concat(Enumerable.Range(1, 2000).Select(n => $"{n}\n")), outcome.Output);
        Assert.Equal("bad\n", outcome.Error);
        Assert.Equal(
            ["log", "log.1", "log.2"],
            Directory.GetFiles(_osl.Directory, "log*").Select(Path.GetFileName).Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
        Assert.All(Directory.GetFiles(_osl.Directory, "log*"), file => Assert.InRange(new FileInfo(file).Length, 1, 4096));

        var json = (await _osl.RunAsync("run", "--json", "--log", "log", "--", "echo", "kept")).Json();
        Assert.Equal(("kept\n", 0), (json.GetProperty("stdout").GetString(), json.GetProperty("stdout_lost").GetInt32()));
    }

    [Fact]
    public async Task What_is_detached_writes_to_the_log_alone()
    {
        var started = (
            await _osl.RunAsync(
                "run",
                "--json",
                "--detach",
                "--log",
                "log",
                "--",
                "sh",
                "-c",
                "echo out; echo err >&2; mkfifo up; read line <up"
            )
        ).Json();
        await _osl.RunOtherAsync("/bin/sh", "-c", "until test -p up; do sleep 0.05; done; echo go >up");

        Assert.Equal("out\nerr\n", await File.ReadAllTextAsync(Path.Combine(_osl.Directory, "log"), TestContext.Current.CancellationToken));
        Assert.Equal(JsonValueKind.Number, started.GetProperty("pid").ValueKind);
    }

    [Theory]
    [InlineData("--log-size 4K -- true", "--log-size needs --log")]
    [InlineData("--log f --log-count 2 -- true", "--log-count needs --log-size")]
    [InlineData("--log f --log-size 4095 -- true", "is not between")]
    [InlineData("--log= -- true", "--log")]
    [InlineData("--log dir/ -- true", "needs the name of a file")]
    [InlineData("--log f --log-size 4X -- true", "is no size")]
    [InlineData("--detach --log f --log-size 4K -- true", "can't be had together")]
    [InlineData("--detach --pty -- true", "can't be had together")]
    [InlineData("--pty --inherit-group -- true", "can't be had together")]
    [InlineData("--log /nowhere/at/all -- touch ran", "Make the directory first")]
    [InlineData("--log open/log -- touch ran", "writable by group or others")]
    public async Task What_can_not_be_had_is_refused_before_anything_runs(string options, string why)
    {
        Directory.CreateDirectory(Path.Combine(_osl.Directory, "open"));
        File.SetUnixFileMode(Path.Combine(_osl.Directory, "open"), (UnixFileMode)0x1FF);

        var outcome = await _osl.RunAsync(["run", .. options.Split(' ')]);

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(why, outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_osl.Directory, "ran")));
    }
}
