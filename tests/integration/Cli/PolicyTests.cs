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

    [Fact]
    public async Task Beside_a_policy_that_does_not_load_one_can_look_and_nothing_is_started_or_signalled()
    {
        using var session = _osl.Open("run", "--", "sh", "-c", "echo $$; exec sleep 1000");
        var pgid = await session.ReadLineAsync();
        var broken = Write("broken.yaml", "version: 1\nrulez: []\n");

        foreach (
            var look in (string[][])
                [
                    ["ps"],
                    ["audit", "list"],
                    ["audit", "report"],
                ]
        )
        {
            var seen = await _osl.RunAsync([.. look, "--policy", broken]);
            Assert.Equal((0, (await _osl.RunAsync(look)).Output.Split('\n').Length), (seen.ExitCode, seen.Output.Split('\n').Length));
            Assert.StartsWith("osl: The policy does not load", seen.Error, StringComparison.Ordinal);
        }

        Assert.Contains(pgid!, (await _osl.RunAsync("ps", "--policy", broken)).Output, StringComparison.Ordinal);
        foreach (
            var act in (string[][])
                [
                    ["kill-group", pgid!],
                    ["signal", "--group", pgid!, "KILL"],
                    ["signal", pgid!, "KILL"],
                ]
        )
        {
            var refused = await _osl.RunAsync([.. act, "--policy", broken]);
            Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
            Assert.Contains("kill -TERM -- -PGID", refused.Error, StringComparison.Ordinal);
            Assert.Contains("osl policy check", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal(125, (await _osl.RunAsync("run", "--policy", broken, "--", "true")).ExitCode);
        Assert.Equal(1, (await _osl.RunAsync("audit", "key", "init", "--policy", broken)).ExitCode);
        Assert.Equal(1, OslCommandLine.AliveIn(int.Parse(pgid!, System.Globalization.CultureInfo.InvariantCulture)));
        // As the refusal says: it ends with its osl.
        session.Signal(15);
        Assert.Equal(143, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task What_a_record_names_is_printed_where_people_look()
    {
        var policy = Write("only-echo.yaml", Rule("echo", "allow", "/bin/echo", "[hello]"));

        Assert.Equal(0, (await _osl.RunAsync("run", "--policy", policy, "--", "echo", "hello")).ExitCode);
        var recorded = (await _osl.RecordsAsync())
            .Select(line => line.GetProperty("record"))
            .First(record => record.TryGetProperty("policy_hash", out _))
            .GetProperty("policy_hash")
            .GetString()!;

        var check = (await _osl.RunAsync("policy", "check", policy)).Output;
        Assert.Contains(recorded, check, StringComparison.Ordinal);
        Assert.Equal(recorded, (await _osl.RunAsync("policy", "check", policy, "--json")).Json().GetProperty("added_hash").GetString());
        var own = (await _osl.RunAsync("policy", "check", policy, "--json")).Json().GetProperty("hash").GetString()!;
        var explained = (await _osl.RunAsync("policy", "explain", "--policy", policy, "--", "echo", "hello")).Output;
        Assert.Contains($"together {recorded}", explained, StringComparison.Ordinal);
        Assert.Contains($"policy   {own}", explained, StringComparison.Ordinal);
        Assert.Contains(recorded, (await _osl.RunAsync("doctor", "--policy", policy)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ending_is_judged_as_a_signal_and_explain_and_lint_say_so()
    {
        var starts = Write("starts.yaml", Rule("sleep", "allow", "/bin/sleep", "any"));
        var both = Write(
            "both.yaml",
            File.ReadAllText(starts)
                .Replace("rules: [", "rules: [{ id: end, effect: allow, actions: [process.signal] }, ", StringComparison.Ordinal)
        );
        var started = (await _osl.RunAsync("run", "--json", "--detach", "--policy", starts, "--", "sleep", "1000")).Json();
        var pgid = started.GetProperty("pgid").GetRawText();

        var asked = await _osl.RunAsync("policy", "explain", "--policy", starts, "--signal", "TERM");
        Assert.Equal(3, (await _osl.RunAsync("kill-group", pgid, "--policy", starts)).ExitCode);
        Assert.Equal(3, asked.ExitCode);
        Assert.StartsWith("deny, by rule 'policy:default'", asked.Output, StringComparison.Ordinal);
        var lint = await _osl.RunAsync("policy", "lint", starts);
        Assert.Contains("never-ends: nothing may end what this allows to start", lint.Output, StringComparison.Ordinal);

        Assert.Equal(0, (await _osl.RunAsync("policy", "explain", "--policy", both, "--signal", "KILL", "--target", "own-child")).ExitCode);
        Assert.Equal(3, (await _osl.RunAsync("policy", "explain", "--policy", both, "--signal", "KILL", "--target", "foreign")).ExitCode);
        Assert.Equal(3, (await _osl.RunAsync("policy", "explain", "--policy", both, "--signal", "KILL", "--elevated")).ExitCode);
        Assert.DoesNotContain("never-ends", (await _osl.RunAsync("policy", "lint", both)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await _osl.RunAsync("kill-group", pgid, "--policy", both)).ExitCode);
    }

    [Theory]
    [InlineData("explain")]
    [InlineData("explain", "--signal", "TERM", "--", "true")]
    [InlineData("explain", "--target", "own-group", "--", "true")]
    [InlineData("explain", "--elevated", "--", "true")]
    [InlineData("explain", "--signal", "TERM", "--target", "mine")]
    public async Task Explain_wants_one_question(params string[] arguments)
    {
        var outcome = await _osl.RunAsync(["policy", .. arguments]);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Root_tells_nobody_what_he_could_not_read_himself()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root: who is not reads only what he may.");
        // In a directory that others may enter, as most are.
        File.SetUnixFileMode(_osl.Directory, (UnixFileMode)0x1ed);
        var secret = Write("secret.yaml", "hunter2: hidden\n");
        var policy = Write("secret-policy.yaml", Rule("hunter2", "allow", "/bin/sh", "any"));
        var link = Path.Combine(_osl.Directory, "link");
        File.CreateSymbolicLink(link, secret);
        string[][] questions =
        [
            ["policy", "check", secret],
            ["policy", "lint", secret],
            ["policy", "lint", policy],
            ["policy", "test", secret, secret],
            ["policy", "test", policy, secret],
            ["run", "--policy", secret, "--", "true"],
            ["doctor", "--policy", secret],
        ];

        foreach (var question in questions)
        {
            var told = await _osl.RunOtherAsync("/usr/bin/env", ["SUDO_UID=65534", OslCommandLine.Path, .. question]);
            Assert.NotEqual(0, told.ExitCode);
            Assert.DoesNotContain("hunter2", told.Output + told.Error, StringComparison.Ordinal);
            Assert.Contains("not told", told.Output + told.Error, StringComparison.Ordinal);
        }

        // By a path that is not trusted root does not know for whom it asks, sudo or not.
        var linked = await _osl.RunAsync("policy", "check", link);
        Assert.DoesNotContain("hunter2", linked.Output, StringComparison.Ordinal);

        // The usual cases: root for itself; the caller's own file; what all may read.
        Assert.Contains("hunter2", (await _osl.RunAsync("policy", "check", secret)).Output, StringComparison.Ordinal);
        Assert.Contains("hunter2", await AsSudoAsync("65534", $"chown 65534 {secret}"), StringComparison.Ordinal);
        Assert.Contains("hunter2", await AsSudoAsync("1000", $"chown 0 {secret}; chmod 644 {secret}"), StringComparison.Ordinal);
        Assert.Contains("hunter2", await AsSudoAsync("0", $"chmod 600 {secret}"), StringComparison.Ordinal);

        async Task<string> AsSudoAsync(string uid, string before) =>
            (await _osl.RunOtherAsync("/bin/sh", "-c", $"{before}; SUDO_UID={uid} $OSL policy check {secret}")).Output;
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

        elsewhere = await UnderAsync(system, $"audit key init --out {_osl.Directory}/key.pem");
        Assert.NotEqual(0, elsewhere.ExitCode);
        Assert.Contains("no file is written for --out", elsewhere.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_osl.Directory + "/key.pem"));
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
