using System.Globalization;
using Osl.Executors.Windows;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Windows;

public sealed class ProcessTests : WindowsExecutorTest
{
    [Fact]
    public async Task A_process_is_held_read_and_ended()
    {
        var launched = await Ready("ready");
        using var held = Executor.Hold((ProcessTarget)launched.Process.Pid).OrThrow();

        Assert.Equal(launched.Process, held.Process);
        Assert.Equal(launched.Process, held.Entry!.Process);
        var state = held.Read()!;
        Assert.Equal("testchild.exe", state.Name, ignoreCase: true);
        Assert.Equal(Environment.ProcessId, state.ParentPid);
        Assert.Equal(launched.Pgid, state.Pgid);
        Assert.True(state.IsAlive);
        var ended = held.WaitForExitAsync(Cancelled);
        Assert.Null(held.Signal(Signal.Kill));
        await ended;

        var exit = await launched.Exited;
        Assert.Equal(137, exit.Status!.ShellCode);
        Assert.Null(held.Read());
        Assert.IsType<StaleProcess>(held.Signal(Signal.Kill));
    }

    [Fact]
    public async Task Another_process_of_the_same_pid_is_never_taken_for_it()
    {
        var launched = await Ready("ready");
        var other = launched.Process with { StartTime = launched.Process.StartTime - 1 };

        Assert.IsType<StaleProcess>(Executor.Hold((ProcessTarget)other).AsT1);
        Assert.Null(Executor.Read(other));
        Assert.IsType<StaleProcess>(Executor.Hold((ProcessTarget)(launched.Process with { BootId = "x" })).AsT1);
        Assert.False(launched.Exited.IsCompleted);
    }

    [Fact]
    public void Nobody_is_not_found()
    {
        Assert.IsType<NotFound>(Executor.Hold((ProcessTarget)0x7FFFFFF0).AsT1);
        Assert.IsType<NotFound>(Executor.Hold((GroupTarget)0x7FFFFFF0).AsT1);
        Assert.IsType<NotFound>(Executor.Hold((GroupTarget)Environment.ProcessId).AsT1);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_program_that_is_asked_to_end_ends_as_it_likes(string name)
    {
        Assert.True(Signal.TryParse(name, out var signal));
        var launched = await Ready("on-break", "43");
        using var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow();

        Assert.Null(held.Signal(signal));

        Assert.Equal(43, (await launched.Exited).Status!.ExitCode);
    }

    [Fact]
    public async Task A_whole_group_is_asked_to_end()
    {
        var launched = await Ready("on-break", "44");
        using var group = HoldGroup(launched);
        var joined = Child(["on-break", "45"], placement: ProcessGroupPlacement.JoinGroup, join: group);
        Assert.Equal("ready", await ReadLine(joined.StandardOutput!));

        Assert.Null(group.Signal(Signal.Terminate));

        Assert.Equal(44, (await launched.Exited).Status!.ExitCode);
        Assert.Equal(45, (await joined.Exited).Status!.ExitCode);
    }

    [Fact]
    public async Task Asking_many_at_once_reaches_each_and_not_the_host()
    {
        var launched = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => Ready("on-break", (50 + i).ToString(CultureInfo.InvariantCulture)))
        );

        await Task.WhenAll(
            launched.Select(one =>
                Task.Run(() =>
                {
                    using var held = Executor.Hold((ProcessTarget)one.Process).OrThrow();
                    Assert.Null(held.Signal(Signal.Terminate));
                })
            )
        );

        for (var i = 0; i < launched.Length; i++)
        {
            Assert.Equal(50 + i, (await launched[i].Exited).Status!.ExitCode);
        }
    }

    [Fact]
    public async Task A_program_that_does_not_want_to_end_goes_on()
    {
        var launched = await Ready("ignore-break");
        using var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow();

        Assert.Null(held.Signal(Signal.Terminate));

        Assert.Equal("ignored", await ReadLine(launched.StandardOutput!));
        Assert.False(launched.Exited.IsCompleted);
    }

    [Fact]
    public async Task A_stopped_process_does_nothing_until_it_is_continued()
    {
        var launched = Child(["cat"]);
        await launched.StandardInput!.WriteAsync("one\n"u8.ToArray(), Cancelled);
        Assert.Equal("one", await ReadLine(launched.StandardOutput!));
        using var group = HoldGroup(launched);

        Assert.Null(group.Signal(Signal.Stop));
        await launched.StandardInput.WriteAsync("two\n"u8.ToArray(), Cancelled);
        var answer = ReadLine(launched.StandardOutput!);
        Assert.False(answer.IsCompleted);
        Assert.Null(group.Signal(Signal.Continue));

        Assert.Equal("two", await answer);
    }

    [Theory]
    [InlineData("HUP")]
    [InlineData("USR1")]
    [InlineData("QUIT")]
    public async Task A_signal_without_a_meaning_is_refused_by_name(string name)
    {
        Assert.True(Signal.TryParse(name, out var signal));
        var launched = await Ready("ready");
        using var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow();
        using var group = HoldGroup(launched);

        Assert.Contains("SIG" + name, Assert.IsType<Unsupported>(held.Signal(signal)).Message, StringComparison.Ordinal);
        Assert.Contains("SIG" + name, Assert.IsType<Unsupported>(group.Signal(signal)).Message, StringComparison.Ordinal);
        Assert.False(launched.Exited.IsCompleted);
    }

    [Fact]
    public async Task A_priority_and_processors_are_there_from_the_start()
    {
        var launched = Child(["flags"], nice: 10, affinity: [0]);

        Assert.StartsWith("BelowNormal 1 ", await ReadLine(launched.StandardOutput!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_that_is_not_enforced_is_refused()
    {
        Assert.SkipUnless(Wine.IsHere, "Windows enforces it.");

        Assert.IsType<LimitUnavailable>(TryLaunch(TestChild, ["exit", "0"], limits: new ResourceLimits { MemoryBytes = 1 << 28 }).AsT1);
        Assert.IsType<LimitUnavailable>(TryLaunch(TestChild, ["exit", "0"], limits: new ResourceLimits { OpenFiles = 100 }).AsT1);
        Assert.Equal(0, Registry.Reserved);
    }

    [Fact]
    public async Task Limits_of_a_job_are_taken_by_the_system()
    {
        var trusting = new WindowsExecutor(new Executors.ExecutorOptions(), Registry, WindowsMode.Detected with { LimitsEnforced = true });
        var launched = TryLaunch(
                TestChild,
                ["exit", "7"],
                limits: new ResourceLimits
                {
                    MemoryBytes = 1L << 30,
                    Processes = 20,
                    CpuTime = TimeSpan.FromHours(1),
                },
                executor: trusting
            )
            .OrThrow();

        Assert.Equal(7, (await launched.Exited).Status!.ExitCode);
    }

    [Fact]
    [Trait("Needs", "real-windows")]
    public async Task No_more_processes_than_the_limit_are_started()
    {
        Assert.SkipWhen(Wine.IsHere, "real Windows only: Wine takes the limits of a job and enforces none");
        var launched = TryLaunch(
                TestChild,
                ["children", "3"],
                limits: new ResourceLimits { Processes = 2 },
                output: StandardOutputConfig.Capture()
            )
            .OrThrow();

        Assert.NotEqual(0, (await launched.Exited).Status!.ExitCode);
    }
}
