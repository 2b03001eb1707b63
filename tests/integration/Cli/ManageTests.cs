using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Osl.Executors.Linux;
using Osl.Hosting.Managing;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl manage and those who ask it.</summary>
[UnsupportedOSPlatform("windows")]
[Collection(nameof(Managers))]
public sealed class ManageTests : IDisposable
{
    private const int Hangup = 1;
    private const int Kill = 9;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    /// <summary>A manager of two templates, whose web runs.</summary>
    internal static async Task<OslSession> ServicesAsync(OslCommandLine osl)
    {
        var directory = Path.Combine(osl.Directory, "services");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await PutAsync(osl, "web", "program: sleep\narguments: [\"1000\"]\nrunOnStartup: true\nrestarts: 3");
        await PutAsync(osl, "worker", "program: sleep\narguments: [\"1000\"]");
        var session = osl.Open("manage", "services");
        await session.ReadUntilAsync("web: running");
        return session;
    }

    /// <summary>The same templates, and a manager that has come to its end.</summary>
    private async Task EndedServicesAsync()
    {
        using var manager = await ServicesAsync(_osl);
        manager.Signal(Terminate);
        Assert.Equal(0, (await manager.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task What_it_manages_is_started_stopped_restarted_and_shown()
    {
        using var manager = await ServicesAsync(_osl);
        var first = await AskAsync(0, "status", "web");
        Assert.Equal("running", first.GetProperty("state").GetString());
        JsonShape.All["status"].Check(first);
        Assert.Equal(0, (await _osl.RunAsync("start", "worker", "--dir", "services")).ExitCode);
        var second = await AskAsync(0, "restart", "web");
        Assert.NotEqual(PidOf(first), PidOf(second));
        var ended = await AskAsync(0, "stop", "web");
        Assert.Equal(("ended", JsonValueKind.Null), (ended.GetProperty("state").GetString(), ended.GetProperty("pid").ValueKind));
        JsonShape.All["status"].Check(ended);
        Assert.All(new[] { first, second }, line => Assert.Equal(0, OslCommandLine.AliveIn(PidOf(line))));
        Assert.Equal(4, (await _osl.RunAsync("start", "nobody", "--dir", "services")).ExitCode);
        Assert.Equal(2, (await _osl.RunAsync("start", "../web", "--dir", "services")).ExitCode);
        // One manager for a directory.
        var other = await _osl.RunAsync("manage", "services");
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("have a manager that runs", other.Error, StringComparison.Ordinal);
        var worker = PidOf(await AskAsync(0, "status", "worker"));
        manager.Signal(Terminate);
        Assert.Equal(0, (await manager.EndAsync()).ExitCode);
        Assert.Equal(0, OslCommandLine.AliveIn(worker));
        Assert.Equal(4, (await _osl.RunAsync("status", "--dir", "services")).ExitCode);
    }

    [Theory]
    [InlineData(Hangup)]
    [InlineData(2)]
    [InlineData(Terminate)]
    public async Task Told_to_end_it_exits_with_0(int signal)
    {
        using var manager = await ServicesAsync(_osl);
        var web = PidOf(await AskAsync(0, "status", "web"));
        manager.Signal(signal);
        Assert.Equal(0, (await manager.EndAsync()).ExitCode);
        Assert.Equal(0, OslCommandLine.AliveIn(web));
    }

    [Fact]
    public async Task Who_could_not_be_ended_is_named_and_the_exit_code_says_so()
    {
        await EndedServicesAsync();
        await File.WriteAllTextAsync(
            Path.Combine(_osl.Directory, "no-ends.yaml"),
            "version: 1\ndefault: defer\nrules:\n  - { id: no-ends, effect: deny, actions: [process.signal], because: nobody is ended }\n",
            TestContext.Current.CancellationToken
        );
        using var manager = _osl.Open("manage", "services", "--policy", "no-ends.yaml");
        await manager.ReadUntilAsync("web: running");
        manager.Signal(Terminate);
        var outcome = await manager.EndAsync();
        Assert.Equal(5, outcome.ExitCode);
        Assert.Contains("Not ended by its stop sequence: web.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beside_a_manager_that_is_stopped_the_status_is_that_it_does_not_answer()
    {
        using var manager = await ServicesAsync(_osl);
        manager.Signal(Stop);
        try
        {
            var outcome = await _osl.RunAsync("status", "--dir", "services");
            Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
            Assert.StartsWith("osl: The manager does not answer: ", outcome.Error, StringComparison.Ordinal);
        }
        finally
        {
            manager.Signal(Continue);
        }

        await AskAsync(0, "status", "web");
    }

    [Fact]
    public async Task A_second_signal_kills_who_has_not_ended_and_a_hangup_is_none()
    {
        await EndedServicesAsync();
        var ready = Path.Combine(_osl.Directory, "ready");
        await PutAsync(
            _osl,
            "deaf",
            $"program: sh\narguments: [\"-c\", \"trap '' TERM; : > {ready}; while :; do sleep 1000; done\"]\nrunOnStartup: true\nstop: {{grace: 20h}}"
        );
        using var manager = _osl.Open("manage", "services");
        await manager.ReadUntilAsync("web: running");
        while (!File.Exists(ready))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var deaf = PidOf(await AskAsync(0, "status", "deaf"));
        manager.Signal(Terminate);
        await manager.ReadUntilAsync("deaf: stopping");
        var heard = TimeProvider.System.GetTimestamp();
        manager.Signal(Hangup);
        await manager.ReadUntilAsync("web: ended");
        Assert.True(OslCommandLine.IsAlive(deaf));
        // Within half a second it would be the same word.
        await Until.TrueAsync(() => TimeProvider.System.GetElapsedTime(heard) > TimeSpan.FromMilliseconds(500));
        manager.Signal(Terminate);
        Assert.Equal(0, (await manager.EndAsync()).ExitCode);
        Assert.Equal(0, OslCommandLine.AliveIn(deaf));
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData("cgroup", true)]
    [InlineData("cgroup", false)]
    [InlineData("pidns", true)]
    [InlineData("pidns", false)]
    public async Task Who_leaves_group_and_session_ends_with_what_is_contained(string containment, bool isStopped)
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "A cgroup and a pid namespace need root.");
        Assert.SkipUnless(containment is not "cgroup" || CgroupTree.Own() is not null, "There is no cgroup that can be written to.");
        await EndedServicesAsync();
        await PutAsync(
            _osl,
            "daemon",
            $"program: sh\narguments: [\"-c\", \"setsid env -i sleep 1000 & wait\"]\nrunOnStartup: true\ncontainment: {containment}"
        );
        using var manager = _osl.Open("manage", "services");
        await manager.ReadUntilAsync("web: running");
        var leader = PidOf(await AskAsync(0, "status", "daemon"));
        // Seen from outside: in a pid namespace its number is another one.
        var escaped = 0;
        await Until.TrueAsync(() => (escaped = ChildThatLeft(leader)) != 0);

        if (isStopped)
        {
            Assert.Equal(0, (await _osl.RunAsync("stop", "daemon", "--dir", "services")).ExitCode);
        }
        else
        {
            manager.Signal(Terminate);
            await manager.EndAsync();
        }

        Assert.False(OslCommandLine.IsAlive(escaped));
    }

    [Fact]
    public async Task Who_leaves_group_and_session_and_may_not_be_ended_is_a_survivor()
    {
        using var manager = await LeavingServicesAsync();
        var escaped = await ChildThatLeftAsync();
        try
        {
            manager.Signal(Terminate);
            var outcome = await manager.EndAsync();
            Assert.Equal(5, outcome.ExitCode);
            Assert.Contains("Not ended by its stop sequence: daemon.", outcome.Error, StringComparison.Ordinal);
            Assert.True(OslCommandLine.IsAlive(escaped));
        }
        finally
        {
            _ = Libc.Kill(escaped, Kill);
        }
    }

    [Fact]
    public async Task Beside_who_has_left_group_and_session_nothing_is_started_until_he_has_ended()
    {
        using var manager = await LeavingServicesAsync();
        var escaped = await ChildThatLeftAsync();
        try
        {
            foreach (var verb in new[] { "restart", "restart", "start", "stop" })
            {
                var outcome = await _osl.RunAsync(verb, "daemon", "--dir", "services");
                Assert.Equal(1, outcome.ExitCode);
                Assert.Contains($"could not be ended: {escaped} (denied)", outcome.Error, StringComparison.Ordinal);
            }

            Assert.Equal("failed", (await AskAsync(0, "status", "daemon")).GetProperty("state").GetString());
            Assert.True(OslCommandLine.IsAlive(escaped));
        }
        finally
        {
            _ = Libc.Kill(escaped, Kill);
        }

        await Until.TrueAsync(() => !OslCommandLine.IsAlive(escaped));
        Assert.Equal(0, (await _osl.RunAsync("start", "daemon", "--dir", "services")).ExitCode);
        escaped = await ChildThatLeftAsync();
        _ = Libc.Kill(escaped, Kill);
        manager.Signal(Terminate);
        Assert.Equal(0, (await manager.EndAsync()).ExitCode);
    }

    /// <summary>A manager whose daemon starts somebody who leaves its group and session; the built-in policy lets nobody end him.</summary>
    private async Task<OslSession> LeavingServicesAsync()
    {
        await EndedServicesAsync();
        await PutAsync(_osl, "daemon", "program: sh\narguments: [\"-c\", \"setsid sleep 1000 & wait\"]\nrunOnStartup: true");
        var manager = _osl.Open("manage", "services");
        await manager.ReadUntilAsync("web: running");
        return manager;
    }

    private async Task<int> ChildThatLeftAsync()
    {
        var leader = PidOf(await AskAsync(0, "status", "daemon"));
        var escaped = 0;
        await Until.TrueAsync(() => (escaped = ChildThatLeft(leader)) != 0);
        return escaped;
    }

    /// <summary>A child that leads a session of its own; 0 as long as there is none.</summary>
    private static int ChildThatLeft(int parent) =>
        ProcFs
            .Pids()
            .FirstOrDefault(pid =>
                ProcFs.TryReadStat(pid, out var stat) && stat.ParentPid == parent && stat.Pgid == pid && stat.Session == pid
            );

    [Theory]
    [InlineData("state.json")]
    [InlineData("state.json.new")]
    public async Task A_directory_in_the_place_of_its_state_is_refused_in_words(string name)
    {
        await EndedServicesAsync();
        // Where osl has it: root's registry is the system's.
        var place = Path.Combine(
            Libc.GetEuid() == 0 ? "/run/osl" : Path.Combine(_osl.Directory, "run", "osl"),
            "manage",
            Path.GetFileName(ManagerPlace.Of(Path.Combine(_osl.Directory, "services"))!.Path)
        );
        File.Delete(Path.Combine(place, "state.json"));
        Directory.CreateDirectory(Path.Combine(place, name));
        try
        {
            var outcome = await _osl.RunAsync("manage", "services");

            Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
            Assert.StartsWith("osl: What ", outcome.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("defect", outcome.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    [Theory]
    [InlineData(2, "manage", "services", "--check")]
    [InlineData(1, "policy", "check", "services/web.yaml")]
    public async Task A_fifo_in_the_place_of_a_file_is_refused_and_nobody_waits_for_it(int code, params string[] arguments)
    {
        await EndedServicesAsync();
        var path = Path.Combine(_osl.Directory, "services", "web.yaml");
        File.Delete(path);
        Assert.Equal(0, (await _osl.RunOtherAsync("/bin/sh", "-c", $"umask 077; exec mkfifo {path}")).ExitCode);

        var outcome = await _osl.RunAsync(arguments);

        Assert.Equal(code, outcome.ExitCode);
        Assert.Contains("it is no regular file", outcome.Output + outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_crashes_is_told_and_comes_back_so_often_as_it_may()
    {
        using var manager = await ServicesAsync(_osl);
        for (var kill = 0; kill <= 3; kill++)
        {
            var pid = PidOf(await AskAsync(0, "status", "web")).ToString(CultureInfo.InvariantCulture);
            Assert.Equal(0, (await _osl.RunAsync("signal", pid, "KILL")).ExitCode);
            await manager.ReadUntilAsync(kill < 3 ? "web: running" : "web: failed");
        }
    }

    [Fact]
    public async Task After_a_manager_that_was_killed_the_next_takes_up_what_goes_on_and_nothing_runs_twice()
    {
        using var killed = await ServicesAsync(_osl);
        Assert.Equal(0, (await _osl.RunAsync("start", "worker", "--dir", "services")).ExitCode);
        killed.Signal(Terminate);
        Assert.Equal(0, (await killed.EndAsync()).ExitCode);

        await PutAsync(_osl, "worker", "program: sleep\narguments: [\"1000\"]\ndetach: true\nrunOnStartup: true");
        using var second = _osl.Open("manage", "services");
        await second.ReadUntilAsync("worker: running");
        var web = PidOf(await AskAsync(0, "status", "web"));
        var worker = PidOf(await AskAsync(0, "status", "worker"));
        second.Signal(Kill);
        await second.EndAsync();

        using var third = _osl.Open("manage", "services");
        await third.ReadUntilAsync("web: running");
        Assert.Equal(worker, PidOf(await AskAsync(0, "status", "worker")));
        Assert.NotEqual(web, PidOf(await AskAsync(0, "status", "web")));
        Assert.Equal(0, OslCommandLine.AliveIn(web));
        // Detached: it goes on beyond its manager, until somebody stops it.
        third.Signal(Terminate);
        await third.EndAsync();
        Assert.True(OslCommandLine.IsAlive(worker));
        using var fourth = _osl.Open("manage", "services");
        await fourth.ReadUntilAsync("web: running");
        Assert.Equal(0, (await _osl.RunAsync("stop", "worker", "--dir", "services")).ExitCode);
        Assert.Equal(0, OslCommandLine.AliveIn(worker));
        fourth.Signal(Terminate);
        await fourth.EndAsync();
    }

    [Theory]
    [InlineData("programm: sleep", "bad.yaml:2:1: ")]
    [InlineData("name: bad", "bad.yaml:1:1: there is no program")]
    [InlineData("program: sleep\ntimeLimit: soon", "bad.yaml:3:12: ")]
    [InlineData("program: sleep\nname: a..b", "bad.yaml:3:7: ")]
    public async Task A_bad_template_is_refused_with_its_place_before_anything_starts(string text, string place)
    {
        Directory.CreateDirectory(
            Path.Combine(_osl.Directory, "services"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
        await PutAsync(_osl, "aaa", "program: sleep\nrunOnStartup: true");
        await PutAsync(_osl, "bad", text);
        foreach (
            var arguments in (string[][])
                [
                    ["manage", "services"],
                    ["manage", "services", "--check"],
                ]
        )
        {
            var outcome = await _osl.RunAsync(arguments);
            Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
            Assert.Contains(place, outcome.Error, StringComparison.Ordinal);
            Assert.EndsWith("\n     Correct the file.\n", outcome.Error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_osl.AuditDirectory));
    }

    [Fact]
    public async Task With_json_each_change_and_each_template_is_an_object()
    {
        using (await ServicesAsync(_osl)) { }
        using var manager = _osl.Open("manage", "services", "--json");
        for (var line = 0; line < 2; line++)
        {
            JsonShape.All["manage"].Check(JsonDocument.Parse((await manager.ReadLineAsync())!).RootElement);
        }

        var check = await _osl.RunAsync("manage", "services", "--check", "--json");
        Assert.All(check.JsonLines(), JsonShape.All["manage --check"].Check);
    }

    private static Task PutAsync(OslCommandLine osl, string name, string text) =>
        File.WriteAllTextAsync(
            Path.Combine(osl.Directory, "services", $"{name}.yaml"),
            $"version: 1\n{text}\n",
            TestContext.Current.CancellationToken
        );

    private static int PidOf(JsonElement line) => line.GetProperty("pid").GetInt32();

    private async Task<JsonElement> AskAsync(int exitCode, params string[] arguments)
    {
        var outcome = await _osl.RunAsync([.. arguments, "--json", "--dir", "services"]);
        Assert.Equal((exitCode, ""), (outcome.ExitCode, outcome.Error));
        return outcome.Json();
    }
}
