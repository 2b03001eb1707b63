using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>
/// An interactive bash in a terminal of tmux's, of 80 by 24: what is typed goes in as keys, what is on the screen comes out as text.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class TmuxShell : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly OslCommandLine _osl;
    private readonly string _socket;
    private int _marks;

    private TmuxShell(OslCommandLine osl)
    {
        _osl = osl;
        _socket = Path.Combine(osl.Directory, "tmux");
    }

    /// <summary>Begins a session; its modes are in the file <c>before</c>.</summary>
    internal static async Task<TmuxShell> OpenAsync(OslCommandLine osl)
    {
        foreach (var tool in (string[])["tmux", "bash", "less", "vi", "top"])
        {
            Assert.SkipUnless(
                (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(path => File.Exists(Path.Combine(path, tool))),
                $"{tool} is not installed"
            );
        }

        var shell = new TmuxShell(osl);
        // As words, not as a line: a line is given to the account's shell. And with a SHELL: tmux else names the account's, and where that is
        // nologin (CI has no SHELL, and nobody none to log in with) vi takes itself for restricted and can't be stopped.
        await shell.TmuxAsync(
            "new-session -d -x 80 -y 24 env -u TMUX HOME=. SHELL=/bin/bash TERM=screen LC_ALL=C bash --norc --noprofile".Split(' ')
        );
        await shell.RunAsync("PS1='$ '; stty -a >before");
        return shell;
    }

    /// <summary>Types a line, Enter included.</summary>
    internal async Task TypeAsync(string line)
    {
        await TmuxAsync("send-keys", "-l", "--", line);
        await KeyAsync("Enter");
    }

    /// <summary>Presses a key by tmux's name for it: C-z, Escape, q.</summary>
    internal Task KeyAsync(string key) => TmuxAsync("send-keys", "--", key);

    internal Task ResizeAsync(int columns, int rows) => TmuxAsync("resize-window", "-x", $"{columns}", "-y", $"{rows}");

    internal async Task<string> ScreenAsync() => (await TmuxAsync("capture-pane", "-p")).TrimEnd();

    /// <summary>Looks at the screen until it is as it should be.</summary>
    internal async Task<string> WaitAsync(string what, Func<string, bool> isThere)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            var screen = await ScreenAsync();
            if (isThere(screen))
            {
                return screen;
            }

            Assert.True(since.Elapsed < Patience, $"No {what} on the screen:\n{screen}");
            await Breath();
        }
    }

    internal Task<string> WaitAsync(string text) => WaitAsync($"'{text}'", screen => screen.Contains(text, StringComparison.Ordinal));

    /// <summary>Presses a key over and over, until there is something on the screen.</summary>
    internal async Task PressUntilAsync(string key, string text)
    {
        var since = Stopwatch.StartNew();
        string screen;
        do
        {
            await KeyAsync(key);
            await Breath();
            screen = await ScreenAsync();
            Assert.True(since.Elapsed < Patience, $"No '{text}' on the screen:\n{screen}");
        } while (!screen.Contains(text, StringComparison.Ordinal));
    }

    internal Task<string> WaitForLineAsync(string line) =>
        WaitAsync($"line '{line}'", screen => screen.Split('\n').Contains(line, StringComparer.Ordinal));

    /// <summary>Has the shell do something on an empty screen, and waits until it has done it.</summary>
    /// <returns>What is on the screen then.</returns>
    internal async Task<string> RunAsync(string command)
    {
        // A program that is about to end may still take what is typed.
        await WaitAsync("prompt", screen => screen.EndsWith('$') || _marks == 0);
        var mark = $"mark{++_marks}";
        // Not as it is typed: only what is printed is the mark. And $? is still that of the command before.
        await TypeAsync($"s=$?; clear; (exit $s); {command}; echo {mark[..4]}''{mark[4..]}");
        var screen = await WaitAsync(mark);
        return screen[..screen.IndexOf(mark, StringComparison.Ordinal)];
    }

    /// <summary>The shell has the terminal, and its modes are what they were.</summary>
    internal async Task AssertAsBeforeAsync() =>
        Assert.Contains("as before", await RunAsync("stty -a | diff before - && echo as before"), StringComparison.Ordinal);

    /// <summary>
    /// Waits until the terminal's foreground is another program's than the shell's: what is typed before comes in the modes of
    /// bash's line editor, where Enter is no end of a line for who reads it afterwards.
    /// </summary>
    internal async Task WaitForProgramAsync()
    {
        var since = Stopwatch.StartNew();
        while ((await TmuxAsync("display-message", "-p", "#{pane_current_command}")).Trim() is "bash")
        {
            Assert.True(since.Elapsed < Patience, "Nothing was started.");
            await Breath();
        }
    }

    /// <summary>The terminal goes: everything on it is hung up.</summary>
    internal Task HangUpAsync() => TmuxAsync("kill-server");

    internal string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(_osl.Directory, name), text);
        return name;
    }

    /// <summary>Hangs up, and waits until everybody has gone who was started here.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = await _osl.RunOtherAsync("tmux", "-S", _socket, "kill-server");
        var since = Stopwatch.StartNew();
        var mark = Encoding.UTF8.GetBytes($"OSL_AUDIT_DIR={_osl.AuditDirectory}");
        while (ProcFs.Pids().Where(pid => ProcFs.HasEnvironmentEntry(pid, mark)).ToArray() is { Length: > 0 } left)
        {
            Assert.True(since.Elapsed < Patience, $"Left on a terminal that is gone: {string.Join(' ', left)}");
            await Breath();
        }
    }

    /// <summary>Between two looks, so that the one who looks leaves the machine to who is looked at.</summary>
    private static Task Breath() => Task.Delay(20, TestContext.Current.CancellationToken);

    private async Task<string> TmuxAsync(params string[] arguments)
    {
        var outcome = await _osl.RunOtherAsync("tmux", ["-S", _socket, "-f", "/dev/null", .. arguments]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return outcome.Output;
    }
}
