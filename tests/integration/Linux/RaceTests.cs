using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What is only right if it is right every time.</summary>
public class RaceTests : LinuxExecutorTest
{
    private const int Times = 300;

    private const string Again = "exec /bin/sh -c \"$0\" \"$0\"";

    [Fact]
    public async Task Who_ends_at_once_is_always_noticed()
    {
        for (var i = 0; i < Times; i++)
        {
            Assert.True((await Launch("/bin/true").Exited).Status!.IsSuccess);
        }

        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public async Task In_the_middle_of_an_exec_its_environment_is_waited_for()
    {
        // Two of them, each in one exec after the other: there is always one that is not through yet.
        var launched = new[]
        {
            Launch("/bin/sh", ["-c", Again, Again], environment: ["MARK=here"]),
            Launch("/bin/sh", ["-c", Again, Again], environment: ["MARK=here"]),
        };
        for (var i = 0; i < 10 * Times; i++)
        {
            Assert.All(launched, one => Assert.True(ProcFile.EnvironmentHolds(one.Process.Pid, "MARK=here"u8), $"look {i}"));
        }

        foreach (var one in launched)
        {
            Libc.Kill(one.Process.Pid, 9);
            await one.Exited;
        }
    }

    [Fact]
    public async Task Output_is_never_cut_short_by_the_exit()
    {
        for (var i = 0; i < Times; i++)
        {
            var launched = Launch("/bin/echo", ["hello"], output: StandardOutputConfig.Capture(), error: StandardOutputConfig.Capture());
            Assert.Equal("hello\n", (await launched.OutputEnded).Output.Text);
        }
    }

    [Fact]
    public async Task Giving_up_after_the_exit_keeps_all_that_was_written()
    {
        for (var i = 0; i < Times; i++)
        {
            var launched = Launch("/bin/echo", ["hello"], output: StandardOutputConfig.Capture());
            await launched.Exited;
            launched.EndCapture();
            Assert.Equal("hello\n", (await launched.OutputEnded).Output.Text);
        }
    }

    [Fact]
    public async Task Killing_at_once_ends_it_and_never_fails_oddly()
    {
        for (var i = 0; i < Times; i++)
        {
            var launched = Launch("/bin/true");
            var hold = Executor.Hold((GroupTarget)launched.Group!);
            if (hold.TryPickT0(out var group, out var error))
            {
                using (group)
                {
                    Assert.True(group.Signal(Signal.Kill) is null or StaleProcess);
                    await group.WaitUntilEmptyAsync(Cancelled);
                }
            }
            else
            {
                Assert.IsType<NotFound>(error);
            }

            await launched.Exited;
        }
    }

    [Fact]
    public async Task A_hold_is_of_the_process_meant_or_not_there()
    {
        for (var i = 0; i < Times; i++)
        {
            var launched = Launch("/bin/true");
            if (Executor.Hold((ProcessTarget)launched.Process).TryPickT0(out var held, out var error))
            {
                using (held)
                {
                    Assert.True(held.Signal(Signal.Terminate) is null or StaleProcess);
                    await held.WaitForExitAsync(Cancelled);
                }
            }
            else
            {
                Assert.IsType<NotFound>(error);
            }

            await launched.Exited;
        }
    }

    [Fact]
    public async Task An_entry_ends_with_the_last_of_the_group_whoever_that_is()
    {
        for (var i = 0; i < Times; i++)
        {
            // Sometimes the leader is the last, sometimes the other one.
            var launched = Launch("/bin/sh", ["-c", "/bin/true & exit 0"]);
            await launched.Exited;
        }

        while (Registry.Open > 0)
        {
            Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Many_waits_for_one_process_all_end()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);
        using var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow();
        var waits = Enumerable.Range(0, Times).Select(_ => held.WaitForExitAsync(Cancelled)).ToArray();

        await launched.StandardInput!.DisposeAsync();

        await Task.WhenAll(waits);
    }

    [Fact]
    public async Task Joining_a_group_that_is_ending_never_lands_elsewhere()
    {
        for (var i = 0; i < Times; i++)
        {
            var leader = Launch("/bin/true");
            if (!Executor.Hold((GroupTarget)leader.Group!).TryPickT0(out var group, out _))
            {
                continue;
            }

            using (group)
            {
                var joined = TryLaunch("/bin/true", placement: ProcessGroupPlacement.JoinGroup, join: group);
                if (joined.TryPickT0(out var member, out var error))
                {
                    Assert.Equal(leader.Pgid, member.Pgid);
                    await member.Exited;
                }
                else
                {
                    Assert.True(error is PermissionRefused or StaleProcess or NotFound, error.ToString());
                }
            }
        }
    }

    [Fact]
    public async Task Disposing_an_executor_does_not_forget_a_group_that_outlives_its_leader()
    {
        for (var i = 0; i < 50; i++)
        {
            var executor = NewExecutor();
            var launched = TryLaunch(
                    "/bin/sh",
                    ["-c", "exec 3<&0; cat <&3 & cat <&3 & exit 0"],
                    input: StandardInputKind.Pipe,
                    executor: executor
                )
                .OrThrow();
            await launched.Exited;
            Assert.Equal(1, Registry.Open);

            await executor.DisposeAsync();

            await launched.StandardInput!.DisposeAsync();
            while (Registry.Open > 0)
            {
                Cancelled.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Disposing_an_executor_leaves_nobody_waiting_for_ever()
    {
        for (var i = 0; i < 50; i++)
        {
            var executor = NewExecutor();
            var launched = TryLaunch("cat", input: StandardInputKind.Pipe, executor: executor).OrThrow();

            await executor.DisposeAsync();

            Assert.False(launched.Exited.IsCompleted);
            await launched.StandardInput!.DisposeAsync();
            Assert.True((await launched.Exited).Status!.IsSuccess);
        }
    }
}
