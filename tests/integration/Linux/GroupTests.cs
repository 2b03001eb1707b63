using System.Globalization;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

public class GroupTests : LinuxExecutorTest
{
    /// <summary>Three levels: the leader, two shells, two cats each. All wait for their input to end; each says when it is there.</summary>
    private const string Tree =
        "exec 3<&0; for i in 1 2; do (for j in 1 2; do (echo ready; exec cat <&3) & done; echo ready; wait) & done; echo ready; wait";

    private const int TreeSize = 7;

    private const string LeaderIsKept =
        "not here: a leader stays a zombie while its group lives, which keeps the number for other hosts too (BesideProcessTests has a leader that is reaped).";

    public static TheoryData<bool> Kernels => [true, false];

    [Theory]
    [MemberData(nameof(Kernels))]
    public async Task A_signal_reaches_a_tree_of_three_levels(bool groupSignal)
    {
        var executor = NewExecutor(groupSignal: groupSignal);
        var launched = await StartTree(executor);
        using var group = executor.Hold((GroupTarget)launched.Group!).OrThrow();
        Assert.Equal(TreeSize, group.Members().Count(member => member.IsAlive));

        var ended = group.WaitUntilEmptyAsync(Cancelled);
        Assert.Null(group.Signal(Signal.Kill));

        Assert.Equal(TreeSize, await ended);
        Assert.Equal(Signal.Kill, (await launched.Exited).Status!.Signal);
        await RegistryEmpty();
    }

    [Fact]
    public async Task A_group_can_be_signalled_after_its_leader_has_ended()
    {
        var launched = await StartOrphans();
        using var group = HoldGroup(launched);
        Assert.Equal(2, group.Members().Count(member => member.IsAlive));
        Assert.Equal(1, Registry.Open);

        var ended = group.WaitUntilEmptyAsync(Cancelled);
        Assert.Null(group.Signal(Signal.Terminate));

        Assert.Equal(2, await ended);
        await RegistryEmpty();
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public async Task Another_host_knows_the_orphans_by_their_marker(bool groupSignal)
    {
        var launched = await StartOrphans();
        // No registry in common, no pidfd of the leader: as after the death of the host that started them.
        await using var other = NewExecutor(registry: new MemoryRegistry(), groupSignal: groupSignal);

        using var group = other.Hold((GroupTarget)launched.Group!).OrThrow();
        Assert.Equal(2, group.Members().Count(member => member.IsAlive));
        var ended = group.WaitUntilEmptyAsync(Cancelled);
        Assert.Null(group.Signal(Signal.Kill));

        Assert.Equal(2, await ended);
        Assert.IsType<NotFound>(other.Hold((GroupTarget)launched.Group!).AsT1);
    }

    [Fact]
    public async Task Another_host_signals_a_group_whose_leader_lives()
    {
        var launched = await StartTree(Executor);
        await using var other = NewExecutor(registry: new MemoryRegistry());

        using var group = other.Hold((GroupTarget)launched.Group!).OrThrow();
        var ended = group.WaitUntilEmptyAsync(Cancelled);
        Assert.Null(group.Signal(Signal.Kill));

        Assert.Equal(TreeSize, await ended);
    }

    [Fact]
    public async Task Orphans_without_the_marker_are_not_touched_by_another_host()
    {
        Assert.SkipWhen(WithoutPidfds, LeaderIsKept);
        var launched = Shell("exec 3<&0; env -i cat <&3 & echo ready; exit 0", StandardInputKind.Pipe, StandardOutputConfig.Pipe);
        await ReadLine(launched.StandardOutput!);
        await launched.Exited;
        await using var other = NewExecutor(registry: new MemoryRegistry());

        // The shell's child may not have got as far as its exec, and has the marker until then.
        OperationError? refused;
        while (!other.Hold((GroupTarget)launched.Group!).TryPickT1(out refused, out var early))
        {
            early.Dispose();
        }

        Assert.IsType<StaleProcess>(refused);
        // We, who hold the leader's pidfd, can.
        using var group = HoldGroup(launched);
        Assert.Single(group.Members());
        Assert.Null(group.Signal(Signal.Kill));
        await group.WaitUntilEmptyAsync(Cancelled);
    }

    [Fact]
    public async Task A_number_without_an_entry_is_a_foreign_group()
    {
        var launched = await StartTree(Executor);
        await using var other = NewExecutor(registry: new MemoryRegistry());

        using var group = other.Hold((GroupTarget)launched.Pgid).OrThrow();

        Assert.Null(group.Entry);
        Assert.True(group.Group.Operation.IsEmpty);
        Assert.Equal(launched.Process, group.Group.Leader);
        Assert.Equal(TreeSize, group.Members().Count);
        Assert.Null(group.Signal(Signal.Kill));
        await group.WaitUntilEmptyAsync(Cancelled);
    }

    [Fact]
    public async Task A_foreign_group_without_its_leader_can_be_listed_and_not_signalled()
    {
        Assert.SkipWhen(WithoutPidfds, LeaderIsKept);
        var launched = await StartOrphans();
        await using var other = NewExecutor(registry: new MemoryRegistry());

        using var group = other.Hold((GroupTarget)launched.Pgid).OrThrow();

        Assert.Equal(2, group.Members().Count);
        Assert.IsType<Unsupported>(group.Signal(Signal.Kill));
    }

    [Fact]
    public async Task A_number_is_resolved_by_the_registry()
    {
        var launched = await StartOrphans();

        using var group = Executor.Hold((GroupTarget)launched.Pgid).OrThrow();

        Assert.Equal(launched.Group, group.Group);
        Assert.Equal(launched.Process, group.Entry!.Process);
    }

    [Fact]
    public async Task A_group_that_is_over_is_not_found()
    {
        var launched = Launch("true");
        await launched.Exited;

        Assert.Equal(MissingThing.Group, Assert.IsType<NotFound>(Executor.Hold((GroupTarget)launched.Group!).AsT1).Thing);
        Assert.IsType<NotFound>(Executor.Hold((GroupTarget)launched.Pgid).AsT1);
    }

    [Fact]
    public void A_reference_to_another_start_is_stale()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe);
        var reused = launched.Process with { StartTime = launched.Process.StartTime - 1 };
        var group = new GroupRef(launched.Pgid, reused, OperationId.New(TimeProvider.System.GetUtcNow()));

        Assert.IsType<StaleProcess>(Executor.Hold((GroupTarget)group).AsT1);
        Assert.IsType<StaleProcess>(Executor.Hold((GroupTarget)(group with { Leader = launched.Process with { BootId = "" } })).AsT1);
        Assert.IsType<StaleProcess>(Executor.Hold((GroupTarget)(group with { Leader = launched.Process with { PidNamespace = 1 } })).AsT1);
        Assert.True(Executor.Read(launched.Process)!.IsAlive);
    }

    [Fact]
    public async Task Who_left_by_setsid_is_named()
    {
        var launched = Shell("exec 3<&0; setsid sh -c 'echo $$; exec cat <&3' & wait", StandardInputKind.Pipe, StandardOutputConfig.Pipe);
        var pid = int.Parse(await ReadLine(launched.StandardOutput!), CultureInfo.InvariantCulture);

        var escaped = Assert.Single(Executor.Escaped(launched.Group!));

        Assert.Equal(pid, escaped.Pid);
        using var group = HoldGroup(launched);
        Assert.DoesNotContain(group.Members(), member => member.Process.Pid == pid);
        using var process = Executor.Hold((ProcessTarget)escaped).OrThrow();
        Assert.Null(process.Signal(Signal.Kill));
        await process.WaitForExitAsync(Cancelled);
    }

    [Fact]
    public async Task Waiting_for_a_group_can_be_cancelled()
    {
        var launched = await StartTree(Executor);
        using var group = HoldGroup(launched);
        using var cancellation = new CancellationTokenSource();
        var waiting = group.WaitUntilEmptyAsync(cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(TreeSize, group.Members().Count(member => member.IsAlive));
    }

    [Fact]
    public async Task Waiting_sees_who_is_born_meanwhile()
    {
        // Each line makes one more child; the end of input ends them all.
        var launched = Shell(
            "exec 3<&0; while read line; do (echo ready; exec cat <&3) & done; wait",
            StandardInputKind.Pipe,
            StandardOutputConfig.Pipe
        );
        using var group = HoldGroup(launched);
        var waiting = group.WaitUntilEmptyAsync(Cancelled);
        await launched.StandardInput!.WriteAsync("\n"u8.ToArray(), Cancelled);
        await ReadLine(launched.StandardOutput!);

        Assert.False(waiting.IsCompleted);
        Assert.Null(group.Signal(Signal.Kill));

        Assert.InRange(await waiting, 1, 2);
    }

    [Fact]
    public async Task More_members_than_are_watched_at_once_are_all_counted()
    {
        var launched = Shell(
            "exec 3<&0; i=0; while [ $i -lt 150 ]; do (echo ready; exec cat <&3) & i=$((i+1)); done; wait",
            StandardInputKind.Pipe,
            StandardOutputConfig.Pipe
        );
        for (var i = 0; i < 150; i++)
        {
            await ReadLine(launched.StandardOutput!);
        }

        using var group = HoldGroup(launched);
        var ended = group.WaitUntilEmptyAsync(Cancelled);
        Assert.Null(group.Signal(Signal.Kill));

        Assert.Equal(151, await ended);
    }

    [Fact]
    public void Protected_targets_are_refused_whoever_asks()
    {
        var own = Libc.GetPgrp();
        Assert.All([0, 1, -1, own], id => Assert.True(Executor.IsProtected(id, isGroup: true)));
        Assert.All([0, 1, -1, Environment.ProcessId], id => Assert.True(Executor.IsProtected(id, isGroup: false)));
        Assert.False(Executor.IsProtected(Launch("true").Process.Pid, isGroup: false));

        // Signal 0 would tell whether it is refused before the system is asked; CONT hurts nobody if it is not.
        using var group = Executor.Hold((GroupTarget)own).OrThrow();
        using var process = Executor.Hold((ProcessTarget)Environment.ProcessId).OrThrow();
        Assert.Equal("osl:protected", Assert.IsType<Denied>(group.Signal(Signal.Continue)).Rule);
        Assert.Equal("osl:protected", Assert.IsType<Denied>(process.Signal(Signal.Continue)).Rule);
        Assert.Equal(
            "osl:protected",
            Assert.IsType<Denied>(TryLaunch("true", placement: ProcessGroupPlacement.JoinGroup, join: group).AsT1).Rule
        );
    }

    private async Task<LaunchedProcess> StartTree(IPlatformExecutor executor)
    {
        var launched = TryLaunch("/bin/sh", ["-c", Tree], StandardInputKind.Pipe, StandardOutputConfig.Pipe, executor: executor).OrThrow();
        for (var i = 0; i < TreeSize; i++)
        {
            Assert.Equal("ready", await ReadLine(launched.StandardOutput!));
        }

        return launched;
    }

    /// <summary>A group of two whose leader has ended and been reaped.</summary>
    private async Task<LaunchedProcess> StartOrphans()
    {
        var launched = Shell(
            "exec 3<&0; (echo ready; exec cat <&3) & (echo ready; exec cat <&3) & exit 0",
            StandardInputKind.Pipe,
            StandardOutputConfig.Pipe
        );
        await ReadLine(launched.StandardOutput!);
        await ReadLine(launched.StandardOutput!);
        await launched.Exited;
        return launched;
    }

    /// <summary>The entry ends a moment after the last member: by an event of the watcher's, which nobody else is told of.</summary>
    private async Task RegistryEmpty()
    {
        while (Registry.Open > 0)
        {
            Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
