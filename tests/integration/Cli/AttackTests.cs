using System.Runtime.Versioning;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>The rules for trusted paths, policies, root and set-uid, attacked in every command.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class AttackTests : IDisposable
{
    /// <summary>A link of the registry's names leads to whatever descriptor 3 is here: opened, it could wait for ever.</summary>
    private static readonly EnumerationOptions NoLinks = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    private readonly OslCommandLine _osl = new();

    public static TheoryData<string> Commands { get; } =
    [
        "run -- true",
        "run --detach -- true",
        "ps",
        "signal 2000000000 TERM",
        "kill-group 2000000000",
        "audit list",
        "audit show 0",
        "audit report",
        "audit export",
        "audit follow --count 1",
        "audit key show",
        "audit key rotate",
        "policy explain -- true",
        "doctor",
    ];

    public void Dispose() => _osl.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_policy_that_is_named_is_never_without_effect(string command)
    {
        var policy = Path.Combine(_osl.Directory, "policy.yaml");
        await File.WriteAllTextAsync(policy, "version: 1\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(policy, (UnixFileMode)0x1b6); // 0666: anybody may write it
        foreach (var file in (string[])[policy, "/no/such/policy", "relative", "\u001b[2J"])
        {
            RefusedForPolicy(command, await _osl.RunAsync([.. command.Split(' ')[..1], .. Option(command, file)]));
            var byVariable = await _osl.RunOtherAsync("/usr/bin/env", [$"OSL_POLICY={file}", OslCommandLine.Path, .. command.Split(' ')]);
            RefusedForPolicy(command, byVariable);
            // As sudo would leave it.
            var sudo = await _osl.RunOtherAsync(
                "/usr/bin/env",
                [
                    $"OSL_POLICY={file}",
                    "SUDO_UID=1000",
                    "SUDO_USER=mallory",
                    "HOME=/home/mallory",
                    OslCommandLine.Path,
                    .. command.Split(' '),
                ]
            );
            RefusedForPolicy(command, sudo);
        }

        Assert.False(System.IO.Directory.Exists(_osl.AuditDirectory));
    }

    [Theory]
    [Trait("Needs", "root")]
    [MemberData(nameof(Commands))]
    public async Task A_policy_of_the_system_that_does_not_load_stops_what_it_judges_whatever_audit_directory_is_named(string command)
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root for a mount namespace.");
        foreach (var planted in (string[])["touch etc/osl/policy.yaml", "mkdir etc/osl/policy.yaml", "ln -s /no/such etc/osl/policy.yaml"])
        {
            var outcome = await _osl.RunOtherAsync(
                "/usr/bin/unshare",
                "--mount",
                "/bin/sh",
                "-c",
                $"rm -rf etc; cp -a /etc etc && mkdir -p etc/osl && {planted} && mount --bind etc /etc && exec $OSL {command}"
            );
            // As root ps is refused here for its audit directory.
            RefusedForPolicy(command, outcome, isSystems: true);
        }

        Assert.False(System.IO.Directory.Exists(_osl.AuditDirectory));
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData("run --id-file $PWD/precious -- true", 125)]
    [InlineData("run --detach --id-file $PWD/precious -- true", 125)]
    [InlineData("audit verify --save-checkpoint $PWD/new", 1)]
    [InlineData("audit key show --out $PWD/new", 1)]
    public async Task As_root_beside_a_policy_of_the_system_no_file_is_written_for_whoever_asks(string command, int exitCode)
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root for a mount namespace.");
        await File.WriteAllTextAsync(
            Path.Combine(_osl.Directory, "policy"),
            "version: 1\nrules: [{ id: none, effect: deny, actions: ['*'] }]\n",
            TestContext.Current.CancellationToken
        );
        var outcome = await _osl.RunOtherAsync(
            "/usr/bin/unshare",
            "--mount",
            "/bin/sh",
            "-c",
            $"echo kept >precious; cp -a /etc etc && mkdir -p etc/osl && cp policy etc/osl/policy.yaml && mount --bind etc /etc && exec $OSL {command}"
        );

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.StartsWith("osl: As root, where the system has a policy, no file is written", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(
            "kept\n",
            await File.ReadAllTextAsync(Path.Combine(_osl.Directory, "precious"), TestContext.Current.CancellationToken)
        );
        Assert.False(File.Exists(Path.Combine(_osl.Directory, "new")));
    }

    [Fact]
    public async Task A_start_that_is_denied_changes_nothing_in_the_file_for_ids()
    {
        var policy = Path.Combine(_osl.Directory, "policy.yaml");
        await File.WriteAllTextAsync(
            policy,
            "version: 1\nrules: [{ id: none, effect: deny, actions: ['*'] }]\n",
            TestContext.Current.CancellationToken
        );
        var outcome = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            "chmod 600 policy.yaml; echo '{\"version\":1,\"operation\":\"kept, and longer than a line of ids' >precious; $OSL run --policy policy.yaml --id-file precious -- true; cat precious"
        );

        Assert.Contains("Denied by rule 'none'", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("{\"version\":1,\"operation\":\"kept, and longer than a line of ids\n", outcome.Output);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run --detach")]
    public async Task A_file_for_ids_is_used_again(string command)
    {
        var lines = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"$OSL {command} --id-file ids -- true >/dev/null && cat ids");
            Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
            lines.Add(Assert.Single(outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        }

        Assert.Equal(3, lines.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run --detach")]
    public async Task A_file_that_holds_no_ids_is_not_written_as_one(string command)
    {
        await _osl.RunAsync("run", "--", "true");
        var before = await SegmentAsync();
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"exec $OSL {command} --id-file $OSL_AUDIT_DIR/0.osl -- touch made");

        Assert.Equal((125, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("holds something else than ids", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_osl.Directory, "made")));
        Assert.Equal(before, await SegmentAsync());
        Task<byte[]> SegmentAsync() =>
            File.ReadAllBytesAsync(Path.Combine(_osl.AuditDirectory, "0.osl"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Waiting_for_the_reader_of_its_ids_it_can_be_ended()
    {
        using var waiting = _osl.OpenOther("/bin/sh", "-c", "mkfifo ids; echo $$; exec $OSL run --id-file ids -- touch made");
        var pid = int.Parse((await waiting.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        // Where a thread waits in the kernel (proc(5)): at the other end of the FIFO.
        while (!Directory.EnumerateDirectories($"/proc/{pid}/task").Any(task => File.ReadAllText($"{task}/wchan") is "wait_for_partner"))
        {
            await Task.Yield();
            limit.Token.ThrowIfCancellationRequested();
        }

        waiting.Signal(15);
        Assert.NotEqual(0, (await waiting.EndAsync()).ExitCode);
        Assert.False(File.Exists(Path.Combine(_osl.Directory, "made")));
    }

    [Theory]
    [InlineData("mkdir -m 700 real; ln -s real $OSL_AUDIT_DIR", "symbolic link")]
    [InlineData("mkdir -m 777 $OSL_AUDIT_DIR; chmod 777 $OSL_AUDIT_DIR", "777")]
    [InlineData("mkdir -m 770 $OSL_AUDIT_DIR; chmod 770 $OSL_AUDIT_DIR", "770")]
    [InlineData("mkdir up; chmod 777 up; mkdir -m 700 up/a; export OSL_AUDIT_DIR=$PWD/up/a", "777")]
    [InlineData("echo x > $OSL_AUDIT_DIR", "")]
    [InlineData("ln -s /no/such $OSL_AUDIT_DIR", "")]
    [InlineData("mkfifo $OSL_AUDIT_DIR", "")]
    public async Task A_journal_where_others_could_write_is_not_written(string planted, string says)
    {
        foreach (var command in (string[])["run -- touch made", "run --detach -- touch made"])
        {
            var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"{{ {planted}; }} 2>/dev/null; exec $OSL {command}");

            Assert.Equal(125, outcome.ExitCode);
            Assert.StartsWith("osl: ", outcome.Error, StringComparison.Ordinal);
            Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(_osl.Directory, "made")));
        }
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData("mkdir -m 700 $OSL_AUDIT_DIR; chown 65534 $OSL_AUDIT_DIR")]
    [InlineData("mkdir -m 755 up; mkdir -m 700 up/a; chown 65534 up; export OSL_AUDIT_DIR=$PWD/up/a")]
    [InlineData("mkdir -m 755 up; mkdir -m 700 b; ln -s ../b up/a; chown 65534 up; export OSL_AUDIT_DIR=$PWD/up/a/j")]
    public async Task Root_writes_no_journal_into_a_users_directory(string planted)
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root to give files away.");
        var outcome = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            $"{planted}; export SUDO_UID=65534 HOME=$PWD/up XDG_STATE_HOME=$PWD/up; exec $OSL run -- touch made"
        );

        Assert.Equal(125, outcome.ExitCode);
        Assert.StartsWith("osl: ", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_osl.Directory, "made")));
        Assert.Empty(System.IO.Directory.EnumerateFiles(_osl.Directory, "*.osl", SearchOption.AllDirectories));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Raised_privileges_are_refused()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root to give files away.");
        // The copy is another's and set-uid: the real uid is root's, the effective one his.
        var outcome = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            "cp -r $(dirname $OSL) copy; chmod 755 . copy; chown 65534 copy/osl; chmod 4755 copy/osl; exec copy/osl run -- touch made"
        );

        Assert.Equal(125, outcome.ExitCode);
        Assert.Contains("more privileges than its caller", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_osl.Directory, "made")));
    }

    [Theory]
    [InlineData("run --env hunter2 -- true")]
    [InlineData("run --timeout hunter2 -- true")]
    [InlineData("run -- /no/such --password hunter2")]
    [InlineData("run -- /no/such --token=hunter2 https://user:hunter2@host/")]
    [InlineData("--verbose run -- /no/such --secret hunter2")]
    [InlineData("--verbose run --json -- true --password hunter2 https://user:hunter2@host/")]
    [InlineData("run --detach -- sleep 0 --password hunter2")]
    public async Task No_secret_comes_out_anywhere(string command)
    {
        var outcome = await _osl.RunAsync(command.Split(' '));
        var list = await _osl.RunAsync("audit", "list", "--json");
        var ps = await _osl.RunAsync("ps", "--json");

        var told = outcome.Output + outcome.Error + list.Output + ps.Output;
        // A duration that is none is repeated: it is no place for a secret.
        Assert.Equal(command.Contains("--timeout", StringComparison.Ordinal), told.Contains("hunter2", StringComparison.Ordinal));
        foreach (var file in System.IO.Directory.EnumerateFiles(_osl.Directory, "*", NoLinks))
        {
            Assert.DoesNotContain(
                "hunter2",
                await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken),
                StringComparison.Ordinal
            );
        }
    }

    [Theory]
    [InlineData("\u001b]0;owned\u0007")]
    [InlineData("\u009b2J")]
    [InlineData("\u202egnp.exe")]
    [InlineData("two\nosl: all is well")]
    [InlineData("[red]x[/] {Name} %s")]
    [InlineData("\u2028\u2066")]
    public async Task Nothing_that_a_terminal_obeys_comes_out_of_names_arguments_and_reasons(string evil)
    {
        var link = Path.Combine(_osl.Directory, "p" + evil.Replace('/', '_'));
        File.CreateSymbolicLink(link, "/bin/true");
        List<OslOutcome> outcomes =
        [
            await _osl.RunAsync("run", "--verbose", "--", link, evil),
            await _osl.RunAsync("run", "--reason", evil, "--", "true", evil),
            await _osl.RunAsync("run", "--json", "--env", $"V={evil}", "--", "true", evil),
            await _osl.RunAsync("run", "--cwd", "/no/" + evil, "--", "true"),
            await _osl.RunAsync("run", "--", "/no/such/" + evil),
            await _osl.RunAsync("audit", "list"),
            await _osl.RunAsync("audit", "list", "--json"),
            await _osl.RunAsync("audit", "show", "0"),
            await _osl.RunAsync("audit", "show", "0", "--json"),
            await _osl.RunAsync("audit", "list", "--audit-dir", "/no/" + evil),
            await _osl.RunAsync("doctor", "--audit-dir", "/no/" + evil),
            await _osl.RunAsync("signal", "1", evil),
            await _osl.RunAsync(evil),
        ];

        foreach (var outcome in outcomes)
        {
            Assert.DoesNotContain(outcome.Output + outcome.Error, c => Obeyed(c) && c != '\n');
            Assert.DoesNotContain("\nosl: all is well", outcome.Output + outcome.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("This is a defect", outcome.Error, StringComparison.Ordinal);
        }
    }

    private static bool Obeyed(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static string[] Option(string command, string file)
    {
        var words = command.Split(' ');
        var at = Array.IndexOf(words, "--");
        return at < 0 ? [.. words[1..], "--policy", file] : [.. words[1..at], "--policy", file, .. words[at..]];
    }

    private static void RefusedForPolicy(string command, OslOutcome outcome, bool isSystems = false)
    {
        // Who only looks goes on, and is told (adr/0032); there is no journal to look at here.
        var exitCode =
            command.StartsWith("run", StringComparison.Ordinal) ? 125
            : command is "ps" && !isSystems ? 0
            : command.StartsWith("audit", StringComparison.Ordinal) && !command.StartsWith("audit key", StringComparison.Ordinal) ? 6
            : 1;
        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains("does not load", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', outcome.Output + outcome.Error);
    }
}
