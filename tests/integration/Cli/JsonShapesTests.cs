using System.CommandLine;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Osl.Cli;
using Osl.Cli.Commands;

namespace Osl.Tests.Integration.Cli;

/// <summary>What each command really prints with --json, held against knowledge/cli-json.md.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class JsonShapesTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task Run_prints_its_shape_however_the_program_ends()
    {
        await CheckAsync("run", 0, "run", "--json", "--", "true");
        await CheckAsync("run", 137, "run", "--json", "--", "sh", "-c", "kill -KILL $$");
        await CheckAsync("run", 124, "run", "--json", "--timeout", "200ms", "--", "sleep", "1000");
        var line = await CheckAsync("run", 3, "run", "--json", "--", "sh", "-c", "printf '\\377'; echo no >&2; exit 3");
        Assert.Equal("/w==", line.GetProperty("stdout_base64").GetString());
    }

    [Fact]
    public async Task What_runs_can_be_named_listed_signalled_and_ended()
    {
        var ids = Path.Combine(_osl.Directory, "ids.json");
        var started = await CheckAsync("run --detach", 0, "run", "--json", "--detach", "--id-file", ids, "--", "sleep", "1000");
        var told = JsonDocument.Parse(await File.ReadAllTextAsync(ids, TestContext.Current.CancellationToken)).RootElement;
        JsonShape.All["run --id-file"].Check(told);
        Assert.Equal(started.GetProperty("operation").GetString(), told.GetProperty("operation").GetString());
        var pid = told.GetProperty("pid").GetInt32().ToString(CultureInfo.InvariantCulture);
        var pgid = told.GetProperty("pgid").GetInt32().ToString(CultureInfo.InvariantCulture);
        await CheckAsync("ps", 0, "ps", "--json", "--group", pgid);
        var one = await CheckAsync("signal", 0, "signal", "--json", pid, "CONT");
        Assert.False(one.TryGetProperty("pgid", out _));
        var all = await CheckAsync("signal", 0, "signal", "--json", "--group", pgid, "CONT");
        Assert.False(all.TryGetProperty("pid", out _));
        await CheckAsync("kill-group", 0, "kill-group", "--json", pgid);
    }

    [Fact]
    public async Task The_journal_prints_its_shape()
    {
        Assert.Equal(0, (await _osl.RunAsync("run", "true")).ExitCode);
        var list = await _osl.RunAsync("audit", "list", "--json");
        Assert.Equal(4, list.JsonLines().Count);
        Assert.All(list.JsonLines(), JsonShape.All["audit list"].Check);
        await CheckAsync("audit show", 0, "audit", "show", "0", "--json");
        Assert.All(
            (await _osl.RunAsync("audit", "follow", "--from", "0", "--count", "4", "--json")).JsonLines(),
            JsonShape.All["audit follow"].Check
        );
        Assert.All((await _osl.RunAsync("audit", "export")).JsonLines(), JsonShape.All["audit export"].Check);
        Assert.All((await _osl.RunAsync("audit", "report", "--json")).JsonLines(), JsonShape.All["audit report"].Check);
        await CheckAsync("audit verify", 15, "audit", "verify", "--json");
        await CheckAsync("audit key init", 0, "audit", "key", "init", "--json");
        await CheckAsync("audit key show", 0, "audit", "key", "show", "--json");
        await CheckAsync("audit key rotate", 0, "audit", "key", "rotate", "--json");
        Assert.Equal(0, (await _osl.RunAsync("run", "true")).ExitCode);
        await CheckAsync("audit verify", 15, "audit", "verify", "--json");
        var segment = Directory.GetFiles(_osl.AuditDirectory).MaxBy(file => new FileInfo(file).Length)!;
        var bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        bytes[bytes.AsSpan().IndexOf("run_process"u8)] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);
        var damaged = (await _osl.RunAsync("audit", "list", "--json")).JsonLines();
        Assert.Contains(damaged, line => line.TryGetProperty("problem", out _));
        Assert.All(damaged, JsonShape.All["audit list"].Check);
        await CheckAsync("audit verify", 12, "audit", "verify", "--json");
    }

    [Fact]
    public async Task The_others_print_their_shapes()
    {
        Assert.All((await _osl.RunAsync("doctor", "--json")).JsonLines(), JsonShape.All["doctor"].Check);
        await CheckAsync("completion", 0, "completion", "zsh", "--json");
        await CheckAsync("--version", 0, "--version", "--json");
        await CheckAsync("--version", 0, "--json", "--version");
    }

    [Fact]
    public async Task The_policy_commands_print_their_shapes()
    {
        var good = await WriteAsync(
            "good.yaml",
            "version: 1\nrules: [{ id: any, effect: allow, actions: [process.start], executable: any, arguments: any }, { id: end, effect: allow, actions: [process.signal] }]\n"
        );
        var bad = await WriteAsync("bad.yaml", "version: 1\nrules: []\nrulez: []\n");
        var cases = await WriteAsync(
            "cases.yaml",
            "version: 1\ncases: [{ command: [id], expect: deny }, { command: [id], expect: allow }]\n"
        );
        var loaded = await CheckAsync("policy check", 0, "policy", "check", good, "--json");
        Assert.Equal(64, loaded.GetProperty("hash").GetString()!.Length);
        var refused = await CheckAsync("policy check", 1, "policy", "check", bad, "--json");
        Assert.Equal("rules", refused.GetProperty("problem").GetProperty("nearest_key").GetString());
        var test = await _osl.RunAsync("policy", "test", good, cases, "--json");
        Assert.Equal(1, test.ExitCode);
        Assert.Equal([false, true], test.JsonLines().Select(line => line.GetProperty("passed").GetBoolean()));
        Assert.All(test.JsonLines(), JsonShape.All["policy test"].Check);
        await CheckAsync("policy lint", 1, "policy", "lint", good, "--json");
        await CheckAsync("policy explain", 0, "policy", "explain", "--json", "--", "true");
        await CheckAsync("policy explain", 0, "policy", "explain", "--json", "--signal", "TERM", "--policy", good);
        await CheckAsync("policy schema", 0, "policy", "schema", "--json");
        await CheckAsync("run --dry-run", 0, "run", "--dry-run", "--json", "--", "true");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2, "audit")]
    [InlineData(2, "bogus")]
    [InlineData(2, "ps", "--bogus")]
    [InlineData(125, "run")]
    [InlineData(125, "run", "--bogus", "true")]
    [InlineData(127, "run", "--", "no-such-program-here")]
    [InlineData(2, "kill-group", "0")]
    [InlineData(3, "signal", "1", "TERM")]
    [InlineData(4, "kill-group", "4194000")]
    [InlineData(6, "audit", "list")]
    [InlineData(125, "run", "--policy", "p.yaml", "true")]
    [InlineData(125, "run", "--id-file", "/no/such/place", "true")]
    [InlineData(2, "doctor", "--require", "no-such-line")]
    public async Task A_failure_prints_the_shape_of_an_error(int exitCode, params string[] arguments)
    {
        var outcome = await _osl.RunAsync(["--json", .. arguments]);
        Assert.Equal(exitCode, outcome.ExitCode);
        var line = outcome.JsonLines()[^1];
        JsonShape.All["error"].Check(line);
        var error = line.GetProperty("error");
        JsonShape.All["members of error"].Check(error);
        Assert.Contains(Operations.DisplayText.Escape(error.GetProperty("message").GetString()), outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_does_not_die_is_in_the_error()
    {
        // Nobody survives SIGKILL, so the shape of that error comes from its members alone.
        using var output = new StringWriter();
        Osl.Cli.Output.Json.WriteError(
            output,
            new Operations.StopFailed([new Operations.Processes.ProcessRef(7, 1, "", 0)], null),
            "message",
            "remedy"
        );
        await output.FlushAsync(TestContext.Current.CancellationToken);
        var error = JsonDocument.Parse(output.ToString()).RootElement.GetProperty("error");
        JsonShape.All["members of error"].Check(error);
        Assert.Equal(7, Assert.Single(error.GetProperty("survivors").EnumerateArray()).GetInt32());
    }

    [Fact]
    public void Each_command_has_its_shape_on_the_page()
    {
        using var io = new CliIo(TextWriter.Null, TextWriter.Null, static _ => null, TimeProvider.System);
        var commands = Below(new OslApplication(io).Root, "").ToList();
        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.Contains(command, JsonShape.All.Keys, StringComparer.Ordinal));
        Assert.All(
            JsonShape.All.Keys.Where(name => !name.Contains("--") && !name.Contains("error")),
            name => Assert.Contains(name, commands, StringComparer.Ordinal)
        );
    }

    private static IEnumerable<string> Below(Command command, string path) =>
        command.Subcommands.SelectMany(sub =>
            sub is OslCommand ? [$"{path}{sub.Name}"]
            : sub.Hidden ? []
            : Below(sub, $"{path}{sub.Name} ")
        );

    private async Task<string> WriteAsync(string name, string text)
    {
        var path = Path.Combine(_osl.Directory, name);
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        return path;
    }

    private async Task<JsonElement> CheckAsync(string shape, int exitCode, params string[] arguments)
    {
        var outcome = await _osl.RunAsync(arguments);
        Assert.Equal(exitCode, outcome.ExitCode);
        var line = Assert.Single(outcome.JsonLines());
        JsonShape.All[shape].Check(line);
        Assert.Equal(1, line.GetProperty("version").GetInt32());
        return line;
    }
}
