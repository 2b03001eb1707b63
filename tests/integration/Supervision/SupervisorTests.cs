using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Pools;
using Osl.Supervision.Trees;
using Osl.Testing;

namespace Osl.Tests.Integration.Supervision;

/// <summary>Supervision trees over real processes.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SupervisorTests : IAsyncLifetime
{
    private const string Bytes = "managed bytes per restart ";

    private static readonly RestartPolicy AtOnce = RestartPolicy.Always with { InitialDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-trees-");
    private readonly CollectingJournal _journal = new();
    private readonly OslHost _osl;

    public SupervisorTests() =>
        _osl = OslHost.Create(options => options.UseJournal(_journal).UseRegistryDirectory(Path.Combine(_directory.FullName, "registry")));

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _osl.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Whoever_a_crashed_program_leaves_behind_is_ended_before_it_is_started_again()
    {
        var supervisor = Make().Add(Script("a", "sleep 600 & echo; exec sh -c 'kill -SEGV $$'") with { Backoff = AtOnce });
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        for (var i = 0; i < 3; i++)
        {
            var alert = await NextAsync<SupervisorEvent.OrphansEnded>(events);
            Assert.Equal(("a", 0), (alert.Path, alert.Escaped));
            Assert.InRange(alert.Ended, 1, 2);
            // Nobody is left of it at this moment: the next one is not started yet, or in another group.
            Assert.DoesNotContain(_osl.Registry.Live(), entry => entry.Pgid == alert.Process.Group!.Id);
        }

        await StopAsync(supervisor, run);
        Assert.Empty(_osl.Registry.Live());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_has_left_its_group_is_ended_with_it_or_told_of_where_the_policy_does_not_allow_that(bool allowed)
    {
        var ready = Path.Combine(_directory.FullName, "ready");
        Mkfifo(ready);
        await using var osl = OslHost.Create(options =>
        {
            options.UseJournal(_journal).UseRegistryDirectory(Path.Combine(_directory.FullName, "registry"));
            if (allowed)
            {
                options.UsePolicy(new Everything());
            }
        });
        var supervisor = new Supervisor("root", osl).Add(
            ChildSpec.Process(
                "a",
                osl,
                new SpawnProcessOperation("/bin/sh", ["-c", $"setsid sh -c 'echo $$ >{ready}; exec sleep 600' & wait"])
            )
        );
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        var escaped = int.Parse(await File.ReadAllTextAsync(ready, Test), System.Globalization.CultureInfo.InvariantCulture);
        await supervisor.Handle.ShutdownAsync();
        var outcome = await run;
        Assert.Equal(allowed, outcome.IsSuccess);
        Assert.Equal(!allowed, IsAlive(escaped));
        if (allowed)
        {
            Assert.Equal(1, (await NextAsync<SupervisorEvent.OrphansEnded>(events)).Escaped);
        }
        else
        {
            // To the built-in policy it is a stranger's: nobody knows by whom it was started, but for what it says of itself.
            Assert.IsType<Denied>((await NextAsync<SupervisorEvent.CleanupFailed>(events)).Problem);
            Kill(escaped);
        }
    }

    [Fact]
    public async Task Every_start_and_every_end_is_judged_and_recorded_under_the_context_of_the_child()
    {
        var context = new OperationContext(Principal.Current, "nightly");
        var supervisor = Make().Add(ChildSpec.Process("a", _osl, Sleeper(), context) with { Backoff = AtOnce });
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        for (var i = 0; i < 3; i++)
        {
            await UntilAsync(events, "a", LifecycleState.Running);
            if (i < 2)
            {
                Kill(supervisor.Children[0].Processes[0].Process.Pid);
            }
        }

        await StopAsync(supervisor, run);
        var intents = _journal.Records.Where(record => record.Type == AuditRecordType.Intent).ToArray();
        Assert.Equal(
            ["spawn_process", "spawn_process", "spawn_process", "kill_process_group"],
            intents.Select(intent => intent.OperationType!),
            StringComparer.Ordinal
        );
        Assert.All(intents, intent => Assert.Equal("nightly", intent.Reason));
        // The end is of the course of the start.
        Assert.Equal(intents[2].Operation, intents[3].Parent);
    }

    [Fact]
    public async Task One_that_fails_takes_those_after_it_along_and_leaves_those_before()
    {
        var supervisor = Make(RestartStrategy.RestForOne)
            .Add(ChildSpec.Process("store", _osl, Sleeper()) with { Backoff = AtOnce })
            .Add(ChildSpec.Process("cache", _osl, Sleeper()) with { Backoff = AtOnce })
            .Add(ChildSpec.Process("web", _osl, Sleeper()) with { Backoff = AtOnce });
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        var before = supervisor.Children.Select(child => child.Processes[0].Process.Pid).ToArray();
        Kill(before[1]);
        await UntilAsync(events, "cache", LifecycleState.Waiting);
        await UntilAsync(events, "web", LifecycleState.Running);
        var after = supervisor.Children.Select(child => child.Processes[0].Process.Pid).ToArray();
        Assert.Equal(before[0], after[0]);
        Assert.NotEqual(before[1], after[1]);
        Assert.NotEqual(before[2], after[2]);
        await StopAsync(supervisor, run);
    }

    [Fact]
    public async Task A_hundred_that_crash_all_the_time_do_not_hold_up_another()
    {
        const int Loops = 100;
        var supervisor = Make(maxRestarts: int.MaxValue).Add(ChildSpec.Process("steady", _osl, Sleeper()) with { Backoff = AtOnce });
        for (var i = 0; i < Loops; i++)
        {
            supervisor.Add(ChildSpec.Process($"loop{i}", _osl, new SpawnProcessOperation("/bin/false")) with { Backoff = AtOnce });
        }

        using var events = supervisor.Events.Subscribe(1_000_000);
        var run = supervisor.RunToEndAsync(Test);
        await UntilAsync(events, "steady", LifecycleState.Running);
        var others = 0;
        for (var i = 0; i < 10; i++)
        {
            Kill(supervisor.Children[0].Processes[0].Process.Pid);
            await UntilAsync(events, "steady", LifecycleState.Waiting);
            // From here on it is like each of the others, which go round by four events. It may not need ten rounds of all for one of its own.
            var round = await UntilAsync(events, "steady", LifecycleState.Running);
            Assert.True(round < Loops * 4 * 10, $"{round} events of the others came before it was started again.");
            others += round;
        }

        await StopAsync(supervisor, run);
        Assert.True(others > 0);
        Assert.Empty(_osl.Registry.Live());
    }

    [Fact]
    public async Task A_pool_runs_no_more_at_once_than_its_maximum()
    {
        await using var pool = new ProcessPool(_osl, new ProcessPoolOptions { MaxRunning = 3 });
        // Each takes one of three places, and says so where there is none left.
        var script =
            $"for i in 1 2 3; do mkdir {_directory.FullName}/p$i 2>/dev/null && {{ sleep 0.01; rmdir {_directory.FullName}/p$i; exit 0; }}; done; exit 9";
        var runs = await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(_ => pool.RunAsync(new RunProcessOperation("/bin/sh", ["-c", script]), OperationContext.Current, Test).AsTask())
        );
        Assert.All(runs, run => Assert.Equal(0, run.AsT0.ExitStatus.ExitCode));
        var account = pool.Account;
        Assert.Equal((40, 40, 0, 0), (account.Started, account.Succeeded, account.Running, account.Queued));
        Assert.True(account.CpuTime > TimeSpan.Zero && account.PeakMemory > 0);
    }

    [Fact]
    public async Task Thousands_of_restarts_leave_nothing()
    {
        // 10,000 are what has to leave nothing (bench/RESULTS.md has such a run); so many take minutes.
        var restarts = int.Parse(Environment.GetEnvironmentVariable("OSL_RESTARTS") ?? "1000", CultureInfo.InvariantCulture);
        using var host = Process.Start(
            new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "spawnhost"), ["restarts", _directory.FullName, $"{restarts}"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        var error = host.StandardError.ReadToEndAsync(Test);
        var lines = (await host.StandardOutput.ReadToEndAsync(Test)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await host.WaitForExitAsync(Test);
        Assert.Equal("", await error);
        Assert.Equal(
            [
                $"starts {restarts + 1}",
                $"orphans {restarts + 1}",
                "children 0",
                "descriptors per restart while the host lives 0",
                "descriptors left over 0",
                "threads left over 0",
            ],
            lines.Where(line => !line.StartsWith(Bytes, StringComparison.Ordinal)),
            StringComparer.Ordinal
        );
        // Whatever is kept of each restart is an object at least, and mostly several: what is less comes and goes by itself.
        var bytes = Assert.Single(lines, line => line.StartsWith(Bytes, StringComparison.Ordinal))[Bytes.Length..];
        Assert.InRange(int.Parse(bytes, CultureInfo.InvariantCulture), 0, restarts < 10_000 ? 300 : 60);
    }

    private Supervisor Make(RestartStrategy strategy = RestartStrategy.OneForOne, int maxRestarts = 1000) =>
        new("root", _osl, new SupervisorOptions { Strategy = strategy, MaxRestarts = maxRestarts });

    private ChildSpec Script(string name, string script) =>
        ChildSpec.Process(
            name,
            _osl,
            new SpawnProcessOperation("/bin/sh", ["-c", script])
                .WithStandardOutput(StandardOutputConfig.Null)
                .WithStandardError(StandardOutputConfig.Null)
        );

    private static SpawnProcessOperation Sleeper() => new("/bin/sleep", ["600"]);

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Mkfifo(string path)
    {
        using var mkfifo = Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }

    private static async Task StopAsync(Supervisor supervisor, Task<SupervisorOutcome> run)
    {
        await supervisor.Handle.ShutdownAsync();
        var outcome = await run;
        Assert.True(outcome.IsSuccess, outcome.ToString());
    }

    /// <returns>How many other events came before.</returns>
    private static async Task<int> UntilAsync(Subscription<SupervisorEvent> events, string path, LifecycleState state)
    {
        for (var others = 0; ; others++)
        {
            var next = (await events.NextAsync(Test))!.Value;
            Assert.Equal(0, next.Missed);
            if (
                next.Event is SupervisorEvent.Changed changed
                && changed.To == state
                && string.Equals(changed.Path, path, StringComparison.Ordinal)
            )
            {
                return others;
            }
        }
    }

    private static async Task<T> NextAsync<T>(Subscription<SupervisorEvent> events)
        where T : SupervisorEvent
    {
        while (true)
        {
            if ((await events.NextAsync(Test))!.Value.Event is T told)
            {
                return told;
            }
        }
    }

    private sealed class Everything : IPolicy
    {
        public string Hash => "everything";

        public IReadOnlyList<string> SecurePath => ["/usr/bin", "/bin"];

        public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts) =>
            new(PolicyEffect.Allow, "everything", "everything is allowed here");

        public bool MayEver(Principal principal, PolicyAction action) => true;
    }
}
