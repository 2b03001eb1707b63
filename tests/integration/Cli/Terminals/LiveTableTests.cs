using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace Osl.Tests.Integration.Cli;

/// <summary>The table that osl manage keeps up to date on a terminal, screen by screen.</summary>
[UnsupportedOSPlatform("windows")]
[Collection(nameof(Managers))]
public sealed class LiveTableTests : IAsyncLifetime
{
    private readonly OslCommandLine _osl = new();
    private TmuxShell? _shell;

    private TmuxShell Shell => _shell!;

    public async ValueTask InitializeAsync()
    {
        _shell = await TmuxShell.OpenAsync(_osl);
        Directory.CreateDirectory(
            Path.Combine(_osl.Directory, "services"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_shell is not null)
        {
            await _shell.DisposeAsync();
        }

        _osl.Dispose();
    }

    [Fact]
    public async Task Rows_change_as_processes_start_crash_and_are_stopped_and_the_terminal_is_given_back()
    {
        Put("web", "program: sleep\narguments: [\"1000\"]\nrunOnStartup: true\nrestarts: 1");
        Put("worker", "program: sh\narguments: [\"-c\", \"echo at work; exec sleep 1000\"]");
        await ManageAsync();
        await RowAsync("web running sleeping # 0 # -");
        await RowAsync("worker idle initial - 0 - -");

        Assert.Equal(0, (await _osl.RunAsync("start", "worker", "--dir", "services")).ExitCode);
        await RowAsync("worker running sleeping # 0 # -");
        // What a process writes stands above the table, which is drawn below it anew.
        var screen = await Shell.WaitAsync("worker| at work");
        Assert.True(
            screen.IndexOf("at work", StringComparison.Ordinal) < screen.IndexOf("NAME", StringComparison.Ordinal),
            $"Not above the table:\n{screen}"
        );

        await KillAsync("web");
        await RowAsync("web running sleeping # 1 # -");
        await KillAsync("web");
        screen = await RowAsync("web failed terminated - 1 - ended by SIGKILL; 'web' *");
        AssertOneTable(screen, rows: 2);

        Assert.Equal(0, (await _osl.RunAsync("stop", "worker", "--dir", "services")).ExitCode);
        screen = await RowAsync("worker ended terminated - 0 - ended by SIGTERM");
        AssertOneTable(screen, rows: 2);

        Assert.Equal(0, (await _osl.RunAsync("start", "web", "--dir", "services")).ExitCode);
        await RowAsync("web running sleeping # 0 # -");
        var pid = await PidAsync("web");
        await Shell.KeyAsync("C-c");
        await Shell.WaitAsync("prompt", shown => shown.EndsWith('$'));
        Assert.Equal(0, OslCommandLine.AliveIn(pid));
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task While_it_ends_it_says_so_and_what_happens_and_a_second_control_C_kills_who_is_left()
    {
        Put("web", "program: sleep\narguments: [\"1000\"]\nrunOnStartup: true");
        Put(
            "deaf",
            "program: sh\narguments: [\"-c\", \"trap '' TERM; echo deaf now; while :; do sleep 1000; done\"]\nrunOnStartup: true\nstop: {grace: 20h}"
        );
        await ManageAsync();
        await Shell.WaitAsync("deaf| deaf now");
        await RowAsync("web running sleeping # 0 # -");
        await RowAsync("deaf running sleeping # 0 # -");
        var pid = await PidAsync("deaf");

        await Shell.KeyAsync("C-c");
        await Shell.WaitForLineAsync("ending; again to kill who is left");
        var screen = await Shell.WaitForLineAsync("web: ended (ended by SIGTERM)");
        Assert.DoesNotContain("NAME", screen, StringComparison.Ordinal);
        Assert.True(OslCommandLine.IsAlive(pid));

        // The same word, if it comes at once; so until it is heard.
        await Shell.PressUntilAsync("C-c", "deaf: ended");
        await Shell.WaitAsync("prompt", shown => shown.EndsWith('$'));
        Assert.Equal(0, OslCommandLine.AliveIn(pid));
        await Shell.AssertAsBeforeAsync();
    }

    [Fact]
    public async Task A_terminal_that_changes_its_size_shows_one_table_that_fits()
    {
        for (var i = 1; i <= 12; i++)
        {
            Put($"service-with-a-name-{i:00}", $"program: sleep\narguments: [\"1000\"]\nrunOnStartup: {(i == 1 ? "true" : "false")}");
        }

        await ManageAsync();
        await RowAsync("service-with-a-name-12 idle initial - 0 - -");
        AssertOneTable(await RowAsync("service-with-a-name-01 running sleeping # 0 # -"), rows: 12);

        // Too narrow for all columns: the less important ones go.
        await Shell.ResizeAsync(58, 24);
        AssertOneTable(await RowAsync("service-with-a-name-01 running # 0 #"), rows: 12);

        // Too narrow for a name: it is cut off, and no line goes on in the next.
        await Shell.ResizeAsync(20, 24);
        AssertOneTable(await RowAsync("service-wi… running"), rows: 12);

        // Too low for all: as many as there is room for.
        await Shell.ResizeAsync(80, 8);
        AssertOneTable(await RowAsync("… 7 more"), rows: 6);
        AssertOneTable(await RowAsync("service-with-a-name-01 running sleeping # 0 # -"), rows: 6);

        await Shell.ResizeAsync(80, 24);
        AssertOneTable(await RowAsync("service-with-a-name-12 idle initial - 0 - -"), rows: 12);
        await Shell.KeyAsync("C-c");
        await Shell.WaitAsync("prompt", shown => shown.EndsWith('$'));
        await Shell.AssertAsBeforeAsync();
    }

    private void Put(string name, string text) =>
        File.WriteAllText(Path.Combine(_osl.Directory, "services", $"{name}.yaml"), $"version: 1\n{text}\n");

    private async Task ManageAsync()
    {
        await Shell.TypeAsync("clear; $OSL manage services");
        await Shell.WaitForProgramAsync();
    }

    private async Task<int> PidAsync(string name)
    {
        var asked = await _osl.RunAsync("status", name, "--json", "--dir", "services");
        Assert.Equal((0, ""), (asked.ExitCode, asked.Error));
        return asked.Json().GetProperty("pid").GetInt32();
    }

    private async Task KillAsync(string name)
    {
        var pid = (await PidAsync(name)).ToString(CultureInfo.InvariantCulture);
        Assert.Equal(0, (await _osl.RunAsync("signal", pid, "KILL")).ExitCode);
    }

    /// <summary>Waits until a row is on the screen; # stands for a number or a time, * for anything, a blank for any number of blanks.</summary>
    private Task<string> RowAsync(string row)
    {
        var cells = Regex
            .Escape(row)
            .Replace("\\#", "[0-9][0-9a-z.]*", StringComparison.Ordinal)
            .Replace("\\*", ".*", StringComparison.Ordinal)
            .Replace("\\ ", " +", StringComparison.Ordinal);
        var pattern = new Regex($"^{cells} *$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        return Shell.WaitAsync($"row '{row}'", pattern.IsMatch);
    }

    /// <summary>One header, and as many lines below it as there should be: nothing of a table before is left.</summary>
    private static void AssertOneTable(string screen, int rows)
    {
        var lines = screen.Split('\n');
        var header = Assert.Single(Enumerable.Range(0, lines.Length), line => lines[line].StartsWith("NAME", StringComparison.Ordinal));
        Assert.True(lines.Length - header - 1 == rows, $"Not {rows} rows:\n{screen}");
    }
}
