using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

public class ProcessTests : LinuxExecutorTest
{
    [Fact]
    public async Task A_process_can_be_held_signalled_and_awaited()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);
        using var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow();
        var waiting = held.WaitForExitAsync(Cancelled);

        Assert.Equal(launched.Process, held.Entry!.Process);
        Assert.Null(held.Signal(Signal.Kill));

        await waiting;
        await launched.Exited;
        Assert.Null(held.Read());
        Assert.IsType<StaleProcess>(held.Signal(Signal.Kill));
    }

    [Fact]
    public async Task Another_hosts_process_can_be_awaited()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);
        await using var other = NewExecutor(registry: new MemoryRegistry());
        using var held = other.Hold((ProcessTarget)launched.Process.Pid).OrThrow();
        var waiting = held.WaitForExitAsync(Cancelled);

        Assert.Equal(launched.Process, held.Process);
        Assert.Null(held.Entry);
        await launched.StandardInput!.DisposeAsync();

        await waiting;
    }

    [Fact]
    public async Task Two_wait_for_one_and_one_gives_up()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);
        using var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow();
        using var cancellation = new CancellationTokenSource();
        var first = held.WaitForExitAsync(Cancelled);
        var second = held.WaitForExitAsync(cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(first.IsCompleted);
        await launched.StandardInput!.DisposeAsync();
        await first;
    }

    [Fact]
    public async Task Waiting_for_what_has_ended_returns()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);
        using var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow();
        await launched.StandardInput!.DisposeAsync();
        await launched.Exited;

        await held.WaitForExitAsync(Cancelled);
    }

    [Fact]
    public void A_reused_pid_is_stale_and_never_signalled()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);

        Assert.IsType<StaleProcess>(Executor.Hold((ProcessTarget)(launched.Process with { StartTime = 1 })).AsT1);
        Assert.IsType<StaleProcess>(Executor.Hold((ProcessTarget)(launched.Process with { BootId = "other" })).AsT1);
        Assert.IsType<StaleProcess>(Executor.Hold((ProcessTarget)(launched.Process with { PidNamespace = 1 })).AsT1);
        Assert.Null(Executor.Read(launched.Process with { StartTime = 1 }));
        Assert.True(Executor.Read(launched.Process)!.IsAlive);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void What_is_not_there_is_not_found(int pid)
    {
        Assert.Equal(MissingThing.Process, Assert.IsType<NotFound>(Executor.Hold((ProcessTarget)pid).AsT1).Thing);
        Assert.IsType<NotFound>(Executor.Hold((GroupTarget)pid).AsT1);
    }

    [Fact]
    public void The_process_table_is_read_as_it_is()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);

        var state = Executor.Read(launched.Process)!;

        Assert.Equal("cat", state.Name);
        Assert.Equal(Environment.ProcessId, state.ParentPid);
        Assert.Equal(launched.Pgid, state.Pgid);
        Assert.Equal(Interop.Linux.Libc.GetUid(), state.Uid);
        Assert.True(state.IsAlive);
    }

    [Fact]
    public async Task A_stopped_process_shows_as_stopped()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);
        using var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow();
        Assert.Null(held.Signal(Signal.Stop));
        await Until.TrueAsync(() => held.Read()!.Activity == ProcessActivity.Stopped);
        Assert.Null(held.Signal(Signal.Kill));
        await held.WaitForExitAsync(Cancelled);
    }

    [Fact]
    public void The_machine_says_what_it_can_do()
    {
        var capabilities = Executor.Capabilities;

        Assert.Equal(WithoutPidfds ? "posix" : "linux", capabilities.Platform);
        Assert.Equal(!WithoutPidfds, capabilities.Has("engine"));
        Assert.All(capabilities.Items, item => Assert.True(item.Available || item.Remedy is not null, item.Name));
        Assert.True(capabilities.Has("pidfd"));
        Assert.True(capabilities.Has("sigchld"));
        Assert.Contains("cgroup-v2", capabilities.Items.Select(item => item.Name), StringComparer.Ordinal);
    }
}
