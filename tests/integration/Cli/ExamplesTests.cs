using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Osl.Cli;
using Osl.Cli.Commands;

namespace Osl.Tests.Integration.Cli;

/// <summary>
/// Every example of every help, typed as it stands there, and seen to do what it says. 4711 stands for a group that runs (and its
/// leader), after <c>--host</c> for the osl that runs it. An example of which nothing is known here fails.
/// </summary>
[UnsupportedOSPlatform("windows")]
[Collection(nameof(Managers))]
public sealed partial class ExamplesTests : IDisposable
{
    private const string Placeholder = "4711";

    /// <summary>What each is good for.</summary>
    private static readonly Dictionary<string, Func<Scene, Task>> Effects = new(StringComparer.Ordinal)
    {
        ["osl run -- git status --short"] = scene => scene.TellsAsync(line => line is "?? Makefile"),
        ["osl run --timeout 30s --grace 2s -- make -j4"] = scene => scene.PrintsAsync("made\n"),
        ["osl run --env LANG=C --cwd /tmp -- ls -l"] = async scene =>
        {
            Assert.StartsWith("total ", scene.Outcome.Output, StringComparison.Ordinal);
            var request = (await scene.RecordAsync("intent", "/usr/bin/ls"))
                .GetProperty("request")
                .GetProperty("operation")
                .GetProperty("spawn");
            Assert.Equal("/tmp", request.GetProperty("working_directory").GetString());
            Assert.Contains("\"LANG\"", request.GetProperty("environment").GetRawText(), StringComparison.Ordinal);
        },
        ["osl run --containment cgroup -- make"] = async scene =>
        {
            await scene.PrintsAsync("made\n");
            Assert.Equal("cgroup", await scene.SpawnedAsync("/usr/bin/make", "containment"));
        },
        ["osl run --limit open-files=64 --limit cpu-time=30s -- make"] = async scene =>
        {
            await scene.PrintsAsync("made\n");
            Assert.Equal("{\"cpu_time\":\"00:00:30\",\"open_files\":64}", await scene.SpawnedAsync("/usr/bin/make", "limits"));
        },
        ["osl run --exec /usr --exec /bin --read . --no-network -- grep -c made Makefile"] = scene => scene.PrintsAsync("1\n"),
        ["osl run --no-network --refuse namespace --refuse ptrace -- make"] = async scene =>
        {
            await scene.PrintsAsync("made\n");
            Assert.Equal(
                "{\"no_network\":true,\"refused_system_calls\":[\"namespace\",\"ptrace\"]}",
                await scene.SpawnedAsync("/usr/bin/make", "sandbox")
            );
        },
        ["osl run --user nobody --no-new-privileges --umask 077 --cwd / -- id -un"] = scene => scene.PrintsAsync("nobody\n"),
        ["osl run --json -- uname -r"] = async scene =>
        {
            var release = await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", TestContext.Current.CancellationToken);
            Assert.Equal(release, scene.Outcome.Json().GetProperty("stdout").GetString());
            Assert.Equal(0, scene.Outcome.Json().GetProperty("exit_code").GetInt32());
        },
        ["osl run --detach --reason nightly -- sleep 2"] = async scene =>
        {
            var intent = await scene.RecordAsync("intent", "/usr/bin/sleep");
            Assert.Equal("nightly", intent.GetProperty("reason").GetString());
            Assert.StartsWith(
                $"operation {intent.GetProperty("operation").GetString()} pid ",
                scene.Outcome.Output,
                StringComparison.Ordinal
            );
        },
        ["osl run --log make.log --log-size 10M -- make"] = async scene =>
        {
            Assert.Equal("made\n", scene.Outcome.Output);
            var file = Path.Combine(scene.Osl.Directory, "make.log");
            Assert.Equal("made\n", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        },
        ["osl run --pty --log tty.log -- tty"] = async scene =>
        {
            Assert.StartsWith("/dev/pts/", scene.Outcome.Output, StringComparison.Ordinal);
            var file = Path.Combine(scene.Osl.Directory, "tty.log");
            Assert.Equal(scene.Outcome.Output, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        },
        ["osl run --id-file ids.json -- sleep 2"] = async scene =>
        {
            var file = Path.Combine(scene.Osl.Directory, "ids.json");
            var ids = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).RootElement;
            var intent = await scene.RecordAsync("intent", "/usr/bin/sleep");
            Assert.Equal(intent.GetProperty("operation").GetString(), ids.GetProperty("operation").GetString());
            Assert.True(ids.GetProperty("pgid").GetInt32() > 1);
        },
        ["osl ps"] = scene => scene.ListsAsync(scene.Outcome.Output.Split('\n').Skip(1).Select(line => line.Split(' ')[0])),
        ["osl ps --json"] = scene => scene.ListsAsync(scene.Outcome.JsonLines().Select(line => line.GetProperty("pgid").GetRawText())),
        ["osl ps --mine --host 4711"] = async scene =>
        {
            await scene.ListsAsync(scene.Outcome.Output.Split('\n').Skip(1).Select(line => line.Split(' ')[0]));
            Assert.Equal(2, scene.Outcome.Output.Count(letter => letter == '\n'));
        },
        ["osl signal 4711 HUP"] = async scene =>
        {
            await scene.Session.ReadUntilAsync("hung up");
            Assert.True(OslCommandLine.IsAlive(scene.Pgid));
        },
        ["osl signal --group 4711 TERM"] = scene => scene.EndsAsync(143),
        ["osl kill-group 4711"] = scene => scene.EndsAsync(143),
        // The children of a shell without job control ignore SIGINT, so SIGKILL has something to do.
        ["osl kill-group 4711 --signal INT --grace 5s"] = scene => scene.EndsAsync(130),
        ["osl kill-group 4711 --signal KILL"] = scene => scene.EndsAsync(137),
        ["osl doctor"] = scene => scene.TellsAsync(line => line.StartsWith("yes  pidfd ", StringComparison.Ordinal)),
        ["osl doctor --json"] = scene =>
            scene.TellsAsync(line => line.Contains("\"name\":\"pidfd\",\"available\":true", StringComparison.Ordinal)),
        ["osl doctor --require pidfd --require guardian"] = scene =>
            scene.TellsAsync(line => line.StartsWith("yes  guardian ", StringComparison.Ordinal)),
        ["osl completion bash"] = scene => scene.IsTakenAsync("bash", "complete -p osl"),
        ["osl completion zsh"] = scene =>
            scene.IsTakenAsync("zsh", "print $_comps[osl] | grep _osl", "autoload -Uz compinit; compinit -u -D"),
        ["osl completion fish"] = scene => scene.IsTakenAsync("fish", "complete -c osl | string match -q '*osl*'"),
    };

    private readonly OslCommandLine _osl = new();

    public static TheoryData<string> Examples
    {
        get
        {
            using var io = new CliIo(TextWriter.Null, TextWriter.Null, static _ => null, TimeProvider.System);
            return [.. Below(new OslApplication(io).Root).SelectMany(command => command.Examples).Select(example => example.CommandLine)];
        }
    }

    public void Dispose() => _osl.Dispose();

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_does_what_it_says(string commandLine)
    {
        var effect =
            Effects.GetValueOrDefault(commandLine)
            ?? AuditEffects.GetValueOrDefault(commandLine)
            ?? PolicyEffects.GetValueOrDefault(commandLine)
            ?? ManageEffects.GetValueOrDefault(commandLine);
        Assert.NotNull(effect);
        Assert.SkipUnless(
            Osl.Interop.Linux.Libc.GetEuid() == 0
                || !(commandLine.Contains("--user", StringComparison.Ordinal) || commandLine.Contains("cgroup", StringComparison.Ordinal)),
            "Another account, and a cgroup without delegation, are root's."
        );
        // A place in which git status and make have something to do, and a journal of more than 20 records, one of them a refusal.
        await File.WriteAllTextAsync(
            Path.Combine(_osl.Directory, "Makefile"),
            "all:\n\t@echo made\n",
            TestContext.Current.CancellationToken
        );
        // A policy to look at; not the one that holds.
        await File.WriteAllTextAsync(
            Path.Combine(_osl.Directory, "policy.yaml"),
            $"version: 1\nrules: [{{ id: echo, effect: allow, actions: [process.start], executable: {{ path: {RealPath("/bin/echo")} }}, arguments: [hello] }}, {{ id: end, effect: allow, actions: [process.signal] }}]\n",
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            Path.Combine(_osl.Directory, "cases.yaml"),
            $"version: 1\ncases: [{{ command: [echo, hello], executable: {RealPath("/bin/echo")}, expect: allow }}]\n",
            TestContext.Current.CancellationToken
        );
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "git", "init", "-q")).ExitCode);
        Assert.Equal(3, (await _osl.RunAsync("signal", "1", "TERM")).ExitCode);
        if (commandLine.StartsWith("osl audit list --limit", StringComparison.Ordinal))
        {
            for (var i = 0; i < 5; i++)
            {
                Assert.Equal(0, (await _osl.RunAsync("run", "--", "true")).ExitCode);
            }
        }

        using var manager = commandLine.Contains("services", StringComparison.Ordinal) ? await ManageTests.ServicesAsync(_osl) : null;
        using var session = _osl.Open(
            "run",
            "--",
            "sh",
            "-c",
            "trap 'echo hung up' HUP; echo $PPID; echo $$; while :; do sleep 1000 & wait; done"
        );
        var host = await session.ReadNumberAsync();
        var pgid = await session.ReadNumberAsync();
        var typed = commandLine
            .Replace("osl ", "$OSL ", StringComparison.Ordinal)
            .Replace($"--host {Placeholder}", $"--host {host}", StringComparison.Ordinal)
            .Replace(Placeholder, pgid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", typed);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        await effect(new Scene(_osl, session, pgid, outcome));

        if (manager is not null)
        {
            manager.Signal(15);
            Assert.Equal(0, (await manager.EndAsync()).ExitCode);
        }

        // The example may have ended it.
        if (OslCommandLine.IsAlive(pgid))
        {
            session.Signal(15);
        }

        await session.EndAsync();
        Assert.Equal(0, OslCommandLine.AliveIn(pgid));
    }

    private static string RealPath(string path) => Osl.Cli.Policies.RealPaths.Of(path)!;

    [Fact]
    public void Nothing_is_known_of_examples_that_are_gone() =>
        Assert.Empty(
            Effects
                .Keys.Concat(AuditEffects.Keys)
                .Concat(PolicyEffects.Keys)
                .Concat(ManageEffects.Keys)
                .Except(Examples.Select(row => row.Data), StringComparer.Ordinal)
        );

    private static IEnumerable<OslCommand> Below(System.CommandLine.Command command) =>
        command.Subcommands.SelectMany(Below).Concat(command is OslCommand leaf ? [leaf] : []);

    /// <summary>An example that was typed, and what was there.</summary>
    private sealed record Scene(OslCommandLine Osl, OslSession Session, int Pgid, OslOutcome Outcome)
    {
        internal Task PrintsAsync(string output)
        {
            Assert.Equal(output, Outcome.Output);
            return Task.CompletedTask;
        }

        /// <summary>What the journal has of a member of what was started.</summary>
        internal async Task<string> SpawnedAsync(string program, string member)
        {
            var spawn = (await RecordAsync("intent", program)).GetProperty("request").GetProperty("operation").GetProperty("spawn");
            return spawn.GetProperty(member).ToString();
        }

        internal Task ListsAsync(IEnumerable<string> pgids)
        {
            Assert.Contains(Pgid.ToString(CultureInfo.InvariantCulture), pgids, StringComparer.Ordinal);
            return Task.CompletedTask;
        }

        /// <summary>One record below the head, and that it is not proven.</summary>
        internal Task ListsRecordAsync(string within, string end)
        {
            var lines = Outcome
                .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.StartsWith(NotProven, StringComparison.Ordinal));
            var record = Assert.Single(lines.Skip(1));
            Assert.Contains(within, record, StringComparison.Ordinal);
            Assert.EndsWith(end, record, StringComparison.Ordinal);
            Assert.Contains(NotProven, Outcome.Output, StringComparison.Ordinal);
            return Task.CompletedTask;
        }

        internal Task PrintsKeysAsync(int count)
        {
            Assert.Equal(count, Outcome.Output.Split("-----BEGIN PUBLIC KEY-----").Length - 1);
            return Task.CompletedTask;
        }

        internal Task TellsAsync(Predicate<string> line)
        {
            Assert.Contains(Outcome.Output.Split('\n'), line);
            return Task.CompletedTask;
        }

        /// <summary>The group has ended, and the osl that ran it says how.</summary>
        internal async Task EndsAsync(int exitCode)
        {
            Assert.Equal(exitCode, (await Session.EndAsync()).ExitCode);
            Assert.Equal(0, OslCommandLine.AliveIn(Pgid));
        }

        /// <summary>The shell takes the script without a word, and knows osl then.</summary>
        internal async Task IsTakenAsync(string shell, string question, string before = ":")
        {
            Assert.SkipUnless(File.Exists($"/usr/bin/{shell}"), $"{shell} is not installed");
            var script = Path.Combine(Osl.Directory, "script");
            await File.WriteAllTextAsync(script, Outcome.Output, TestContext.Current.CancellationToken);
            var taken = await Osl.RunOtherAsync($"/usr/bin/{shell}", "-c", $"{before}; source {script}; {question} >/dev/null");
            Assert.Equal((0, "", ""), (taken.ExitCode, taken.Output, taken.Error));
        }

        internal async Task<JsonElement> RecordAsync(string type, string program)
        {
            var records = (await Osl.RecordsAsync()).Select(line => line.GetProperty("record"));
            return Assert.Single(
                records,
                record =>
                    string.Equals(record.GetProperty("type").GetString(), type, StringComparison.Ordinal)
                    && record.TryGetProperty("executable", out var executable)
                    && string.Equals(executable.GetProperty("path").GetString(), program, StringComparison.Ordinal)
            );
        }
    }
}
