using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Osl.Executors;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Posix;

/// <summary>The fallback beside System.Diagnostics.Process, and kills that meet exits: no status is lost, nobody else is hit.</summary>
public sealed class BesideProcessTests : LinuxExecutorTest
{
    private const int Times = 200;
    private const int Sigpipe = 13;

    private protected override bool WithoutPidfds => true;

    [Fact]
    public async Task Short_lived_children_of_both_lose_no_status()
    {
        for (var i = 0; i < Times; i++)
        {
            var code = (i % 100) + 1;
            using var theirs = Process.Start("/bin/sh", ["-c", $"exit {code}"]);
            var ours = Launch("/bin/sh", ["-c", $"exit {code + 100}"]);
            using var theirsToo = Process.Start("/bin/sh", ["-c", $"kill -TERM $$"]);
            var oursToo = Launch("/bin/sh", ["-c", "kill -TERM $$"]);

            await Task.WhenAll(theirs.WaitForExitAsync(Cancelled), theirsToo.WaitForExitAsync(Cancelled));
            Assert.Equal((code, 128 + Libc.SIGTERM), (theirs.ExitCode, theirsToo.ExitCode));
            Assert.Equal(code + 100, (await ours.Exited).Status!.ExitCode);
            Assert.Equal(Signal.Terminate, (await oursToo.Exited).Status!.Signal);
        }

        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public async Task A_leader_that_is_kept_takes_nothing_from_process()
    {
        // Its group lives, so it stays a zombie; Process starts, waits and reaps beside it.
        var launched = Launch("/bin/sh", ["-c", "exec 3<&0; cat <&3 & exit 7"], input: StandardInputKind.Pipe);
        Assert.Equal(7, (await launched.Exited).Status!.ExitCode);
        Assert.True(ProcLine.TryRead(launched.Process.Pid, out var kept) && kept.State == 'Z');

        for (var i = 0; i < 50; i++)
        {
            using var theirs = Process.Start("/bin/sh", ["-c", "exit 3"]);
            await theirs.WaitForExitAsync(Cancelled);
            Assert.Equal(3, theirs.ExitCode);
        }

        Assert.True(ProcLine.TryRead(launched.Process.Pid, out kept) && kept.State == 'Z');
        await launched.StandardInput!.DisposeAsync();
        await launched.GroupEnded;
        Assert.False(ProcLine.TryRead(launched.Process.Pid, out kept) && kept.StartTime == launched.Process.StartTime);
        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public async Task Kills_that_meet_exits_never_hit_anybody_else()
    {
        // Whoever is born while the kills go on gets the numbers that have just been let go, where numbers are short; he must live.
        var bystanders = new ConcurrentBag<LaunchedProcess>();
        for (var i = 0; i < 2 * Times; i++)
        {
            var victim = Launch("/bin/true");
            using var process = HoldOrNone(victim);
            var killing = Task.WhenAll(
                Enumerable
                    .Range(0, 4)
                    .Select(_ =>
                        Task.Run(() =>
                        {
                            if (Executor.Hold((GroupTarget)victim.Group!).TryPickT0(out var group, out var refused))
                            {
                                using (group)
                                {
                                    Assert.True(group.Signal(Signal.Kill) is null or StaleProcess);
                                }
                            }
                            else
                            {
                                Assert.True(refused is NotFound or StaleProcess);
                            }

                            Assert.True(process?.Signal(Signal.Kill) is null or StaleProcess);
                        })
                    )
            );
            bystanders.Add(Launch("/bin/sh", ["-c", "exit 5"]));
            bystanders.Add(Launch("/bin/sh", ["-c", "exit 5"]));
            await killing;

            var end = (await victim.Exited).Status!;
            Assert.True(end.Signal == Signal.Kill || end.ExitCode == 0);
            Assert.True(process?.Signal(Signal.Kill) is null or StaleProcess);
        }

        foreach (var bystander in bystanders)
        {
            Assert.Equal(5, (await bystander.Exited).Status!.ExitCode);
        }
    }

    [Fact]
    public async Task A_strangers_group_whose_leader_was_reaped_can_be_listed_and_not_signalled()
    {
        // The leader is another process's child, which reaps it; the member carries no marker.
        var launched = Launch(
            "/bin/sh",
            ["-c", "exec 3<&0; setsid sh -c 'env -i cat <&3 >/dev/null & echo $$'; echo reaped; exec cat <&3"],
            input: StandardInputKind.Pipe,
            output: StandardOutputConfig.Pipe
        );
        var pgid = int.Parse(await ReadLine(launched.StandardOutput!), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("reaped", await ReadLine(launched.StandardOutput!));

        using var group = Executor.Hold((GroupTarget)pgid).OrThrow();
        Assert.Single(group.Members());
        Assert.Contains("leader has ended", Assert.IsType<Unsupported>(group.Signal(Signal.Kill)).What, StringComparison.Ordinal);

        var ended = group.WaitUntilEmptyAsync(Cancelled);
        await launched.StandardInput!.DisposeAsync();
        Assert.Equal(1, await ended);
    }

    [Fact]
    public void The_hosts_dispositions_are_what_the_runtime_makes_of_them()
    {
        // As Process or Console would have it: handled, never ignored, and ours is none.
        _ = Launch("/bin/true");
        var ignored = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        var mask = ulong.Parse(ignored["SigIgn:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        // The runtime ignores SIGPIPE: so it is the mask that was read.
        Assert.Equal(1UL << (Sigpipe - 1), mask & ((1UL << (Sigpipe - 1)) | (1UL << (Libc.SIGCHLD - 1))));
        Assert.False(Executors.Linux.SignalDispositions.IsChildIgnored());
    }

    private ProcessLease? HoldOrNone(LaunchedProcess launched) =>
        Executor.Hold((ProcessTarget)launched.Process).TryPickT0(out var held, out _) ? held : null;
}
