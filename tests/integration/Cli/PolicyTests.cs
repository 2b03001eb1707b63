using System.Runtime.Versioning;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>Policies as people use them: what is added, what the system says, approvals at a terminal, dry runs.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PolicyTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task A_policy_that_is_added_makes_it_stricter_and_the_journal_says_which_it_was()
    {
        var policy = Write("only-echo.yaml", Rule("echo", "allow", "/bin/echo", "[hello]"));

        var allowed = await _osl.RunAsync("run", "--policy", policy, "--", "echo", "hello");
        var other = await _osl.RunAsync("run", "--policy", policy, "--", "echo", "good-bye");
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "true")).ExitCode);
        var byVariable = await _osl.RunOtherAsync("/usr/bin/env", $"OSL_POLICY={policy}", OslCommandLine.Path, "run", "--", "true");

        Assert.Equal((0, "hello\n"), (allowed.ExitCode, allowed.Output));
        Assert.Equal((125, ""), (other.ExitCode, other.Output));
        Assert.Contains("policy:default", other.Error, StringComparison.Ordinal);
        Assert.Equal(125, byVariable.ExitCode);
        var hashes = (await _osl.RecordsAsync())
            .Select(line => line.GetProperty("record"))
            .Where(record => record.TryGetProperty("policy_hash", out _))
            .Select(record => record.GetProperty("policy_hash").GetString())
            .Distinct(StringComparer.Ordinal);
        Assert.Equal(2, hashes.Count());
    }

    [Fact]
    public async Task A_policy_that_others_could_change_is_not_used()
    {
        var policy = Write("loose.yaml", Rule("echo", "allow", "/bin/echo", "any"));
        File.SetUnixFileMode(policy, (UnixFileMode)0x1b6);

        var refused = await _osl.RunAsync("run", "--policy", policy, "--", "echo");

        Assert.Equal(125, refused.ExitCode);
        Assert.Contains("writable", refused.Error, StringComparison.Ordinal);
        var check = await _osl.RunAsync("policy", "check", policy);
        Assert.Equal(0, check.ExitCode);
        Assert.Contains("would not be used", check.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "policy", "check", "none.yaml")]
    [InlineData(125, "run", "--policy", "none.yaml", "--", "true")]
    public async Task A_policy_that_is_not_there_is_said_to_be_so(int exitCode, params string[] arguments)
    {
        var outcome = await _osl.RunAsync(arguments);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Matches("there is no such file|does not exist", outcome.Output + outcome.Error);
    }

    [Fact]
    public async Task Explain_says_what_run_does_and_why_not()
    {
        var policy = Write("only-echo.yaml", Rule("echo", "allow", "/bin/echo", "[hello]"));

        var allowed = await _osl.RunAsync("policy", "explain", "--policy", policy, "--", "echo", "hello");
        var denied = await _osl.RunAsync("policy", "explain", "--policy", policy, "--", "echo", "bye");
        var missing = await _osl.RunAsync("policy", "explain", "--", "no-such-program-here");

        Assert.Equal(0, allowed.ExitCode);
        Assert.Contains("matched  echo", allowed.Output, StringComparison.Ordinal);
        Assert.Equal(3, denied.ExitCode);
        Assert.Contains("missed   echo (line 2): arguments wants [\"hello\"]; there is [bye]", denied.Output, StringComparison.Ordinal);
        Assert.Equal(4, missing.ExitCode);
        // Nothing was asked for.
        Assert.False(Directory.Exists(_osl.AuditDirectory));
    }

    [Fact]
    public async Task A_dry_run_starts_nothing_says_so_and_is_recorded()
    {
        var dry = await _osl.RunAsync("run", "--dry-run", "--", "touch", "made");
        var policy = Write("nothing.yaml", "version: 1\nrules: []\n");
        var denied = await _osl.RunAsync("run", "--dry-run", "--policy", policy, "--", "touch", "made");

        Assert.Equal((0, ""), (dry.ExitCode, dry.Output));
        Assert.StartsWith("osl: Dry run, so nothing was done: rule 'builtin:start-as-self' allows it", dry.Error, StringComparison.Ordinal);
        Assert.Equal(125, denied.ExitCode);
        Assert.False(File.Exists(Path.Combine(_osl.Directory, "made")));
        Assert.Equal(
            ["dry_run", "denied"],
            (await _osl.RecordsAsync()).Select(line => line.GetProperty("record").GetProperty("outcome").GetString()!),
            StringComparer.Ordinal
        );
    }

    [Theory]
    [InlineData("y\r", 0)]
    [InlineData("yes\r", 0)]
    [InlineData("n\r", 125)]
    [InlineData("\r", 125)]
    [InlineData("yep\r", 125)]
    [InlineData("\u0004", 125)]
    public async Task An_approval_is_asked_for_at_the_terminal(string answer, int exitCode)
    {
        var policy = Write("ask.yaml", Rule("ask", "require-approval", "/bin/echo", "any"));
        using var session = Script(
            $"$OSL run --reason why-not --policy {policy} -- echo hello --password hunter2 \"$(printf 'a\\033[2Jb')\" </dev/null"
        );

        // The line before the question, which does not end; what was typed before is thrown away by then.
        await session.ReadUntilAsync("  directory: ");
        await session.TypeAsync(answer);
        var outcome = await session.EndAsync();

        Assert.Equal(exitCode, outcome.ExitCode);
        var approval = (await _osl.RecordsAsync())
            .Select(line => line.GetProperty("record"))
            .Single(record => record.GetProperty("type").GetString() is "approval");
        Assert.Equal(exitCode == 0 ? "granted" : "refused", approval.GetProperty("outcome").GetString());
        Assert.Equal("ask", approval.GetProperty("rule").GetString());
    }

    [Fact]
    public async Task What_is_asked_shows_everything_escaped_and_no_secret()
    {
        var policy = Write("ask.yaml", Rule("ask", "require-approval", "/bin/echo", "any"));
        using var session = Script(
            $"$OSL run --reason why-not --policy {policy} -- echo hello --password hunter2 \"$(printf 'a\\033[2Jb')\" </dev/null"
        );

        var shown = new List<string>();
        while (await session.ReadLineAsync() is { } line)
        {
            shown.Add(line);
            if (line.StartsWith("  directory", StringComparison.Ordinal))
            {
                break;
            }
        }

        await session.TypeAsync("n\r");
        Assert.Equal(125, (await session.EndAsync()).ExitCode);
        var all = string.Join('\n', shown);
        Assert.Contains("why-not", all, StringComparison.Ordinal);
        Assert.Contains("'hello'", all, StringComparison.Ordinal);
        Assert.Contains("\\u001B[2J", all, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', all);
        Assert.DoesNotContain("hunter2", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_typed_before_the_question_is_no_answer()
    {
        var policy = Write("ask.yaml", Rule("ask", "require-approval", "/bin/echo", "any"));
        // It is in the terminal's input before osl begins.
        using var session = Script($"echo ready; while [ ! -e typed ]; do :; done; $OSL run --policy {policy} -- echo hello </dev/null");
        await session.ReadUntilAsync("ready");
        await session.TypeAsync("y\r");
        // The terminal has it: it echoes.
        await session.ReadUntilAsync("y");
        await File.WriteAllTextAsync(Path.Combine(_osl.Directory, "typed"), "", TestContext.Current.CancellationToken);
        // The line before the question, which does not end; what was typed before is thrown away by then.
        await session.ReadUntilAsync("  directory: ");
        await session.TypeAsync("n\r");

        Assert.Equal(125, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Without_a_terminal_the_answer_is_no()
    {
        var policy = Write("ask.yaml", Rule("ask", "require-approval", "/bin/echo", "any"));

        var outcome = await _osl.RunOtherAsync("/usr/bin/setsid", "--wait", OslCommandLine.Path, "run", "--policy", policy, "--", "echo");

        Assert.Equal((125, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("there is no terminal to ask on", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task The_system_policy_always_holds_and_nothing_that_is_added_widens_it()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root for a mount namespace.");
        var system = Write("system.yaml", Rule("echo", "allow", "/bin/echo", "any"));
        var all = Write(
            "all.yaml",
            "version: 1\nrules: [{ id: any, effect: allow, actions: [process.start], executable: any, arguments: any }]\n"
        );
        var none = Write("none.yaml", "version: 1\nrules: []\n");

        Assert.Equal((0, "hello\n"), Told(await UnderAsync(system, "run -- echo hello")));
        Assert.Equal((125, ""), Told(await UnderAsync(system, "run -- true")));
        Assert.Equal((125, ""), Told(await UnderAsync(system, $"run --policy {all} -- true")));
        Assert.Equal((125, ""), Told(await UnderAsync(system, $"run --policy {none} -- echo hello")));
        Assert.Equal((125, ""), Told(await UnderAsync(none, $"run --policy {all} -- true")));
        var doctor = await UnderAsync(system, "doctor");
        Assert.Equal(0, doctor.ExitCode);
        Assert.Contains("/etc/osl/policy.yaml, the system's: loaded, trusted, rules: 1, hash ", doctor.Output, StringComparison.Ordinal);
        // Who may run osl as root must not be able to lead the record elsewhere.
        var elsewhere = await UnderAsync(system, $"run --audit-dir {_osl.Directory}/mine -- echo hello");
        Assert.Equal(125, elsewhere.ExitCode);
        Assert.Contains("can't be kept elsewhere", elsewhere.Error, StringComparison.Ordinal);
        foreach (var key in new[] { "init", "rotate" })
        {
            elsewhere = await UnderAsync(system, $"audit key {key} --audit-dir {_osl.Directory}/mine");
            Assert.NotEqual(0, elsewhere.ExitCode);
            Assert.Contains("can't be kept elsewhere", elsewhere.Error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_osl.Directory + "/mine"));
        Assert.False(Directory.Exists(_osl.Directory + "/mine-keys"));
    }

    private static (int, string) Told(OslOutcome outcome) => (outcome.ExitCode, outcome.Output);

    // In a mount namespace with an /etc, and a /var/lib, of its own.
    private Task<OslOutcome> UnderAsync(string system, string command) =>
        _osl.RunOtherAsync(
            "/usr/bin/unshare",
            "--mount",
            "/bin/sh",
            "-c",
            $"set -e; unset OSL_AUDIT_DIR; rm -rf etc; cp -a /etc etc; mkdir -p etc/osl lib; cp {system} etc/osl/policy.yaml; chmod 644 etc/osl/policy.yaml; mount --bind etc /etc; mount --bind lib /var/lib; exec $OSL {command}"
        );

    private OslSession Script(string command) => _osl.OpenOther("/usr/bin/script", "-qec", command, "/dev/null");

    private string Write(string name, string text)
    {
        var path = Path.Combine(_osl.Directory, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private static string Rule(string id, string effect, string program, string arguments) =>
        $"version: 1\nrules: [{{ id: {id}, effect: {effect}, actions: [process.start], executable: {{ path: {Osl.Cli.Policies.RealPaths.Of(program)} }}, arguments: {arguments} }}]\n";
}
