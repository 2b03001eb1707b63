using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;

namespace Osl.Tests.Integration.Cli;

/// <summary>What people read, and how they find what is theirs.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PeopleTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task Only_what_is_written_to_a_terminal_loads_Spectre()
    {
        Assert.False(await LoadsSpectre("$OSL run -- true"));
        Assert.False(await LoadsSpectre("$OSL ps"));
        Assert.False(await LoadsSpectre("$OSL doctor"));
        Assert.False(await LoadsSpectre("$OSL complete -- signal ''"));
        Assert.False(await LoadsSpectre("script -qec 'TERM=xterm $OSL run -- true' /dev/null"));
        Assert.False(await LoadsSpectre("script -qec 'TERM=dumb $OSL doctor' /dev/null"));
        Assert.False(await LoadsSpectre("script -qec 'stty cols 80; TERM=xterm $OSL doctor --json' /dev/null"));
        Assert.True(await LoadsSpectre("script -qec 'stty cols 80; TERM=xterm $OSL doctor' /dev/null"));
    }

    [Theory]
    [InlineData(80, true)]
    [InlineData(80, false)]
    [InlineData(132, true)]
    public async Task On_a_terminal_the_journal_fits_its_width(int columns, bool colour)
    {
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "true")).ExitCode);
        Assert.Equal(3, (await _osl.RunAsync("signal", "1", "TERM")).ExitCode);
        var list = await Terminal(
            $"stty cols {columns}; export TERM=xterm; {(colour ? "unset NO_COLOR" : "export NO_COLOR=1")}; $OSL audit list"
        );
        Assert.Equal(colour, list.Contains('\u001b'));
        var plain = System.Text.RegularExpressions.Regex.Replace(list, "\u001b\\[[0-9;]*m", "");
        var lines = plain.TrimEnd('\n').Split('\n');
        // The head, five records, and what is proven of them, which is cut nowhere.
        Assert.Equal(7, lines.Length);
        Assert.StartsWith("Not verified: ", lines[^1], StringComparison.Ordinal);
        Assert.All(lines[..^1], line => Assert.InRange(line.Length, 1, columns));
        Assert.StartsWith("INDEX  ", lines[0], StringComparison.Ordinal);
        Assert.Contains("denied", lines[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ps_finds_what_somebody_asks_for()
    {
        var ids = Path.Combine(_osl.Directory, "ids");
        Assert.Equal(0, (await _osl.RunOtherAsync("/usr/bin/mkfifo", ids)).ExitCode);
        using var one = _osl.Open("run", "--id-file", ids, "--", "sh", "-c", "echo $$; echo $OSL_OPERATION; echo $PPID; exec sleep 1000");
        // A FIFO: its line comes when the program runs, and not before.
        var told = JsonDocument.Parse(await File.ReadAllTextAsync(ids, TestContext.Current.CancellationToken)).RootElement;
        var pgid = await one.ReadNumberAsync();
        var operation = (await one.ReadLineAsync())!;
        var host = (await one.ReadLineAsync())!;
        using var two = _osl.Open("run", "--", "sh", "-c", "echo $$; exec sleep 1000");
        var other = await two.ReadNumberAsync();
        Assert.Equal(
            (pgid, pgid, operation),
            (told.GetProperty("pgid").GetInt32(), told.GetProperty("pid").GetInt32(), told.GetProperty("operation").GetString())
        );

        Assert.Equal([pgid], await PsAsync("--host", host));
        Assert.Equal([pgid], await PsAsync("--operation", operation));
        Assert.Equal([pgid], await PsAsync("--operation", operation[..20].ToUpperInvariant()));
        Assert.Equal([other], await PsAsync("--group", other.ToString(CultureInfo.InvariantCulture)));
        Assert.Empty(await PsAsync("--principal", "nobody-of-that-name"));
        Assert.Empty(await PsAsync("--host", host, "--group", other.ToString(CultureInfo.InvariantCulture)));
        Assert.All(new[] { pgid, other }, mine => Assert.Contains(mine, PsAsync("--mine").GetAwaiter().GetResult()));
        one.Signal(15);
        two.Signal(15);
        Assert.Equal((143, 143), ((await one.EndAsync()).ExitCode, (await two.EndAsync()).ExitCode));
    }

    [Theory]
    [InlineData("PROGRAM", "run")]
    [InlineData("PID", "signal")]
    [InlineData("FILE", "policy", "check")]
    public async Task An_argument_that_is_missing_is_named(string name, params string[] arguments)
    {
        var outcome = await _osl.RunAsync(arguments);
        Assert.Equal(arguments[0] is "run" ? 125 : 2, outcome.ExitCode);
        Assert.StartsWith($"osl: {name} is missing.\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ids_that_can_not_be_written_refuse_the_run()
    {
        var outcome = await _osl.RunAsync("run", "--id-file", Path.Combine(_osl.Directory, "no", "ids"), "--", "touch", "ran");
        Assert.Equal(125, outcome.ExitCode);
        Assert.StartsWith("osl: The ids can't be written to ", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_osl.Directory, "ran")));
        var full = await _osl.RunAsync("run", "--id-file", "/dev/full", "--", "echo", "ran");
        Assert.Equal((0, "ran\n"), (full.ExitCode, full.Output));
        Assert.StartsWith("osl: The ids could not be written: ", full.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audit_show_takes_the_beginning_of_an_id_when_it_is_one_operations()
    {
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "true")).ExitCode);
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "true")).ExitCode);
        var ids = (await _osl.RecordsAsync())
            .Select(line => line.GetProperty("record").GetProperty("operation").GetString()!)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var shown = await _osl.RunAsync("audit", "show", "--json", ids[1][..20]);
        Assert.Equal(0, shown.ExitCode);
        Assert.All(shown.JsonLines(), line => Assert.Equal(ids[1], line.GetProperty("record").GetProperty("operation").GetString()));
        var shared = ids[0].Zip(ids[1]).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.SkipWhen(shared < 8, "the two were started too far apart to begin alike");
        var ambiguous = await _osl.RunAsync("audit", "show", ids[0][..8]);
        Assert.Equal((2, ""), (ambiguous.ExitCode, ambiguous.Output));
        Assert.All(ids, id => Assert.Contains(id, ambiguous.Error, StringComparison.Ordinal));
        Assert.Equal(4, (await _osl.RunAsync("audit", "show", "ffffffffffff")).ExitCode);
    }

    [Fact]
    public async Task Who_is_denied_is_not_sent_to_rules_that_can_not_be_written()
    {
        var foreign = await _osl.RunOtherAsync("/bin/sh", "-c", "sleep 1000 & $OSL signal $! TERM; code=$?; kill $!; exit $code");
        Assert.Equal(3, foreign.ExitCode);
        Assert.DoesNotContain("Add a rule", foreign.Error, StringComparison.Ordinal);
        Assert.Contains("target: [foreign]", foreign.Error, StringComparison.Ordinal);
    }

    private async Task<IEnumerable<int>> PsAsync(params string[] filters)
    {
        var outcome = await _osl.RunAsync(["ps", "--json", .. filters]);
        Assert.Equal(0, outcome.ExitCode);
        return outcome.JsonLines().Select(line => line.GetProperty("pgid").GetInt32());
    }

    private async Task<string> Terminal(string command)
    {
        var outcome = await _osl.RunOtherAsync("/usr/bin/script", "-qec", command, "/dev/null");
        Assert.Equal(0, outcome.ExitCode);
        return outcome.Output.Replace("\r", "", StringComparison.Ordinal);
    }

    private async Task<bool> LoadsSpectre(string command)
    {
        var trace = Path.Combine(_osl.Directory, "opened");
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"exec strace -f -qq -e trace=openat -o {trace} {command}");
        Assert.Equal(0, outcome.ExitCode);
        var opened = await File.ReadAllTextAsync(trace, TestContext.Current.CancellationToken);
        Assert.Contains("System.CommandLine.dll", opened, StringComparison.Ordinal);
        return opened.Contains("Spectre.Console.dll", StringComparison.Ordinal);
    }
}
