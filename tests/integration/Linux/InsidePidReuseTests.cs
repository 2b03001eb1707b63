using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using Osl.Hosting;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Osl.Supervision;
using Osl.Supervision.Groups;
using Osl.Tests.Integration.Cli;
using Osl.Tests.Integration.Registry;

namespace Osl.Tests.Integration.Linux;

/// <summary>Run one by one by <see cref="PidReuseTests"/>, each in a pid namespace of its own.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class InsidePidReuseTests : IAsyncLifetime
{
    private const int Races = 60;

    /// <summary>So often it is tried to give away what must not be free.</summary>
    private const int InVain = 200;

    private readonly string _directory = Directory.CreateTempSubdirectory("osl-reuse-").FullName;
    private readonly PidReuse _reuse;
    private readonly OslHost _osl;

    public InsidePidReuseTests()
    {
        _reuse = new PidReuse(_directory);
        // It may signal whomever it likes: what refuses here is not the policy.
        _osl = Host("audit", options => options.UsePolicy(new Permissive()));
    }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private static OperationContext Me => OperationContext.Current;

    private string RegistryDirectory => Path.Combine(_directory, "registry");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _osl.DisposeAsync();
        _reuse.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact(Explicit = true)]
    public async Task A_process_or_group_that_has_ended()
    {
        var started = await StartAsync();
        await EndAsync(started);

        var stranger = await _reuse.TakeAsync(started.Pid, Test);

        foreach (var way in Ways(_osl, started.Process, started.Group!))
        {
            Assert.True(HasEnded(await way()), "by its reference");
            PidReuse.AssertLives(stranger);
        }

        Assert.True(HasEnded(Error(await started.Live.StopAsync(StopSequence.Immediate, Test))));
        Assert.Null(_osl.Processes.Read(started.Process));
        await _reuse.FreeAsync(stranger, Test);
        Done();
    }

    [Fact(Explicit = true)]
    public async Task A_number_that_its_group_still_uses()
    {
        // The leader ends and is reaped; who is left keeps its number from everybody else.
        var leader = await StartAsync("exec 3<&0; cat <&3 >/dev/null & echo ready; exit 0");
        await leader.Live.Exited.WaitAsync(Test);
        _reuse.Begin(leader.Pid, InVain);
        Assert.Null(await _reuse.TakenAsync(leader.Pid, Test));
        var signalled = await _osl.ExecuteAsync(ProcessSignalOperation.ForGroup(leader.Group!, Signal.Continue), Me, Test).OrThrow();
        Assert.Equal(1, signalled.ProcessesAffected);

        PidReuse.PassTick(leader.Process);
        await leader.Live.StandardInput!.DisposeAsync();
        await leader.Live.GroupEnded!.WaitAsync(Test);
        var stranger = await _reuse.TakeAsync(leader.Pid, Test);

        foreach (var way in Ways(_osl, leader.Process, leader.Group!))
        {
            Assert.True(HasEnded(await way()), "by its reference");
        }

        await _reuse.FreeAsync(stranger, Test);
        Done();
    }

    [Fact(Explicit = true)]
    public async Task Members_and_managed_processes()
    {
        await using var manager = new ProcessManager(_osl, _osl.Processes);
        var group = new ProcessGroup(_osl);
        var member = (await group.EmplaceAsync("/bin/sh", ["-c", "kill -STOP $$"], Test)).OrThrow();
        var second = (await group.EmplaceAsync("/bin/sleep", ["3600"], Test)).OrThrow();
        using var foreign = Process.Start("/usr/bin/setsid", ["--wait", "/bin/sleep", "3600"]);
        using var managed = Process.Start("/bin/sleep", ["3600"]);
        var attached = (await group.AttachAsync(foreign.Id, Test)).OrThrow();
        var managing = (await manager.AttachAsync(managed.Id, "managed", cancellationToken: Test)).OrThrow();
        var taken = new List<ProcLine>();
        PidReuse.PassTick(managing.Process!);

        // All but the second member end by themselves; the leader's number is still its group's.
        foreach (var process in (ProcessRef[])[member.Process, attached.Process, managing.Process!])
        {
            Assert.Equal(0, Libc.Kill(process.Pid, Libc.SIGKILL));
        }

        await member.Live.Exited.WaitAsync(Test);
        await attached.Live.Exited.WaitAsync(Test);
        await managing.WaitForEndAsync(Test);
        await foreign.WaitForExitAsync(Test);
        await managed.WaitForExitAsync(Test);
        await TakeOneAsync(attached.Process);
        // It has ended, and says so before anybody is asked.
        Assert.False(managing.IsAlive);
        Assert.NotNull(await managing.SignalAsync(Signal.Kill, cancellationToken: Test));
        _ = await managing.KillAsync(cancellationToken: Test);

        // Ended as a whole, and again with the leader's number gone.
        Assert.True((await group.StopAsync(StopSequence.Immediate, Test)).IsT0);
        await second.Live.Exited.WaitAsync(Test);
        await TakeOneAsync(member.Process);
        _ = await group.TerminateAsync(Test);
        Assert.IsNotType<ProcessGroup>((await ProcessGroup.FromNativeHandleAsync(_osl, member.Group!, cancellationToken: Test)).Value);
        await group.DisposeAsync();
        Assert.True((await manager.AttachAsync(member.Process, cancellationToken: Test)).AsT1 is StaleProcess);
        await TakeOneAsync(null);
        Done();

        // One after the other: it can hold one stranger at a time.
        async Task TakeOneAsync(ProcessRef? process)
        {
            foreach (var stranger in taken)
            {
                await _reuse.FreeAsync(stranger, Test);
            }

            taken.Clear();
            if (process is not null)
            {
                taken.Add(await _reuse.TakeAsync(process.Pid, Test));
            }
        }
    }

    [Fact(Explicit = true)]
    public async Task An_entry_of_a_host_that_was_killed()
    {
        foreach (var kind in (string[])["own", "shared"])
        {
            using var host = Registry.HostProcess.StartApart(RegistryDirectory);
            using var guardian = new Held(host.Reserve("a", $"managed {kind}"));
            using var leader = host.Start("a", "echo up; exec sleep 3600");
            Assert.Equal("ok", host.Ask("started a"));
            Assert.True(ProcLine.TryRead(leader.Pid, out var line));
            var process = new ProcessRef(leader.Pid, line.StartTime, ProcFs.BootId, ProcFs.PidNamespace);
            Assert.Contains(_osl.Registry.Live(), entry => entry.Process == process);
            PidReuse.PassTick(process);

            // The guardian comes too late: by then the number is somebody else's.
            guardian.Send(Libc.SIGSTOP);
            host.Kill();
            leader.End();
            var stranger = await _reuse.TakeAsync(leader.Pid, Test);
            Assert.DoesNotContain(_osl.Registry.Live(), entry => entry.Process.Pid == leader.Pid);
            foreach (var way in Ways(_osl, process, new GroupRef(leader.Pid, process, default)))
            {
                Assert.True(HasEnded(await way()), "by its reference");
            }

            await using (var strict = Host($"audit-{kind}", _ => { }))
            {
                // A number that is typed is nobody's of ours any more.
                Assert.IsType<Denied>(Error(await strict.ExecuteAsync(new KillProcessOperation(leader.Pid), Me, Test)));
                Assert.IsType<Denied>(Error(await strict.ExecuteAsync(new KillProcessGroupOperation(leader.Pid), Me, Test)));
            }

            guardian.Send(Libc.SIGCONT);
            guardian.WaitUntilEnded();
            await _reuse.FreeAsync(stranger, Test);
        }

        Done();
    }

    [Fact(Explicit = true)]
    public async Task By_the_command_line()
    {
        using var osl = new OslCommandLine();
        var run = await osl.RunAsync("run", "--detach", "--json", "--", "/bin/sleep", "3600");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var pid = run.Json().GetProperty("pid").GetInt32();
        using var held = new Held(pid);
        Assert.Contains($"{pid}", (await osl.RunAsync("ps")).Output, StringComparison.Ordinal);
        Assert.True(ProcLine.TryRead(pid, out var line));
        PidReuse.PassTick(new ProcessRef(pid, line.StartTime, ProcFs.BootId, ProcFs.PidNamespace));
        held.End();
        var stranger = await _reuse.TakeAsync(pid, Test);

        var number = pid.ToString(CultureInfo.InvariantCulture);
        foreach (
            var command in (string[][])
                [
                    ["kill", number],
                    ["kill", number, "--grace", "1s"],
                    ["kill-group", number],
                    ["kill-group", number, "--grace", "1s"],
                    ["signal", number, "KILL"],
                    ["signal", "--group", number, "KILL"],
                ]
        )
        {
            var refused = await osl.RunAsync(command);
            Assert.True(refused.ExitCode != 0, string.Join(' ', command));
            Assert.NotEmpty(refused.Error);
            PidReuse.AssertLives(stranger);
        }

        Assert.DoesNotContain(number, (await osl.RunAsync("ps")).Output, StringComparison.Ordinal);
        await _reuse.FreeAsync(stranger, Test);
        Done();
    }

    [Fact(Explicit = true)]
    public Task While_it_is_signalled() =>
        RaceAsync(async started =>
        {
            // Before its end, in its end and after it.
            OperationError? error;
            do
            {
                error = Error(await _osl.ExecuteAsync(ProcessSignalOperation.ForGroup(started.Group!, Signal.Continue), Me, Test));
                error ??= Error(await _osl.ExecuteAsync(new ProcessSignalOperation(started.Process, Signal.Continue), Me, Test));
            } while (error is null);

            Assert.True(HasEnded(error), error.ToString());
            // To a zombie it goes without effect.
            error = Error(await _osl.ExecuteAsync(new ProcessSignalOperation(started.Process, Signal.Kill), Me, Test));
            Assert.True(error is null || HasEnded(error), error?.ToString());
        });

    [Fact(Explicit = true)]
    public Task While_it_is_stopped_step_by_step()
    {
        var steps = StopSequence.Starting(Signal.Continue, TimeSpan.FromMilliseconds(1));
        return RaceAsync(started =>
            Task.WhenAll(
                StopAsync(_osl.ExecuteAsync(new KillProcessOperation(started.Process) { StopSequence = steps }, Me, Test)),
                StopAsync(_osl.ExecuteAsync(new KillProcessGroupOperation(started.Group!) { StopSequence = steps }, Me, Test)),
                StopAsync(started.Live.StopAsync(steps, Test))
            )
        );

        // Either it was there to be stopped, or it had ended; nothing else goes wrong.
        static async Task StopAsync(ValueTask<OneOf<StopResult, OperationError>> stop) =>
            Assert.True(Error(await stop) is null or NotFound or StaleProcess);
    }

    /// <summary>One that ends while something is done to it and its number is wanted by a stranger, again and again.</summary>
    private async Task RaceAsync(Func<SpawnProcessResult, Task> act)
    {
        var lost = 0;
        for (var i = 0; i < Races; i++)
        {
            var started = await StartAsync();
            PidReuse.PassTick(started.Process);
            _reuse.Begin(started.Pid);
            var acting = act(started);
            await started.Live.StandardInput!.DisposeAsync();
            await acting;
            var stranger = await _reuse.TakenAsync(started.Pid, Test);
            if (stranger is null && PidReuse.IsOurThread(started.Pid))
            {
                // A race for the number that neither of the two has won.
                Assert.True(lost++ < Races);
                i--;
                continue;
            }

            Assert.NotNull(stranger);
            foreach (var way in Ways(_osl, started.Process, started.Group!))
            {
                Assert.True(HasEnded(await way()), $"race {i}");
            }

            await _reuse.FreeAsync(stranger.Value, Test);
        }

        Done();
    }

    /// <summary>Every operation that ends in a signal.</summary>
    private static IEnumerable<Func<Task<OperationError?>>> Ways(OslHost osl, ProcessRef process, GroupRef group)
    {
        yield return async () => Error(await osl.ExecuteAsync(new KillProcessOperation(process), Me, Test));
        yield return async () =>
            Error(await osl.ExecuteAsync(new KillProcessOperation(process).WithGracePeriod(TimeSpan.FromSeconds(1)), Me, Test));
        yield return async () => Error(await osl.ExecuteAsync(new KillProcessGroupOperation(group), Me, Test));
        yield return async () =>
            Error(await osl.ExecuteAsync(new KillProcessGroupOperation(group).WithGracePeriod(TimeSpan.FromSeconds(1)), Me, Test));
        yield return async () => Error(await osl.ExecuteAsync(new ProcessSignalOperation(process, Signal.Kill), Me, Test));
        yield return async () => Error(await osl.ExecuteAsync(ProcessSignalOperation.ForGroup(group, Signal.Kill), Me, Test));
        yield return async () => Error(await osl.ExecuteAsync(new AttachProcessOperation(process), Me, Test));
    }

    private static bool HasEnded(OperationError? error) => error is NotFound or StaleProcess;

    private static OperationError? Error<T>(OneOf<T, OperationError> outcome)
        where T : notnull => outcome.TryPickT1(out var error, out _) ? error : null;

    /// <summary>In a group of its own, and ready; it ends with its input.</summary>
    private async Task<SpawnProcessResult> StartAsync(string script = "echo ready; read line; exit 0")
    {
        var started = await _osl.ExecuteAsync(
                new SpawnProcessOperation("/bin/sh", ["-c", script])
                    .WithNewProcessGroup()
                    .WithStandardInput(StandardInputKind.Pipe)
                    .WithStandardOutput(StandardOutputConfig.Pipe),
                Me,
                Test
            )
            .OrThrow();
        var ready = new byte[6];
        await started.Live.StandardOutput!.ReadExactlyAsync(ready, Test);
        Assert.Equal("ready\n"u8, ready);
        return started;
    }

    private static async Task EndAsync(SpawnProcessResult started)
    {
        PidReuse.PassTick(started.Process);
        await started.Live.StandardInput!.DisposeAsync();
        await started.Live.GroupEnded!.WaitAsync(Test);
    }

    private OslHost Host(string audit, Action<OslHostOptions> configure) =>
        OslHost.Create(options =>
        {
            options.UseAuditDirectory(Path.Combine(_directory, audit)).UseRegistryDirectory(RegistryDirectory);
            configure(options);
        });

    private static void Done([CallerMemberName] string test = "")
    {
        if (test is nameof(RaceAsync))
        {
            test = TestContext.Current.TestMethod!.MethodName;
        }

        File.WriteAllText(Environment.GetEnvironmentVariable(InsideHostTests.ReportVariable)!, test);
    }

    /// <summary>Everything is allowed.</summary>
    private sealed class Permissive : IPolicy
    {
        private readonly BuiltInPolicy _rest = new("/usr/bin:/bin");

        public string Hash => "permissive";

        public IReadOnlyList<string> SecurePath => _rest.SecurePath;

        public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts) =>
            new(PolicyEffect.Allow, "permissive", "a test may do everything.");

        public bool MayEver(Principal principal, PolicyAction action) => true;
    }
}
