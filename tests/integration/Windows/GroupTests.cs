using Osl.Executors;
using Osl.Executors.Windows;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Windows;

public sealed class GroupTests : WindowsExecutorTest
{
    [Fact]
    public async Task A_group_ends_with_all_its_members()
    {
        var (launched, children) = await Tree(3);
        using var group = HoldGroup(launched);
        Assert.Equal(4, group.Members().Count);
        var ended = group.WaitUntilEmptyAsync(Cancelled);

        Assert.Null(group.Signal(Signal.Kill));

        Assert.Equal(4, await ended);
        Assert.Equal((int)WindowsSignals.KilledExitCode, (await launched.Exited).Status!.ExitCode);
        await launched.GroupEnded;
        Assert.Equal(0, Registry.Open);
        Assert.All(children, child => Assert.Null(Executor.Read(child)));
        Assert.IsType<NotFound>(Executor.Hold((GroupTarget)launched.Group!).AsT1);
    }

    [Fact]
    public async Task A_group_outlives_its_leader_and_is_still_found()
    {
        var launched = Child(["leave-children", "2"]);
        var children = new[] { await ChildOf(launched), await ChildOf(launched) };
        Assert.Equal("ready", await Word(launched));
        Assert.Equal("ready", await Word(launched));

        await launched.Exited;

        Assert.False(launched.GroupEnded.IsCompleted);
        Assert.Equal(1, Registry.Open);
        using (var group = Executor.Hold((GroupTarget)launched.Pgid).OrThrow())
        {
            Assert.Equal(children.Select(child => child.Pid).Order(), group.Members().Select(member => member.Process.Pid).Order());
            Assert.Null(group.Signal(Signal.Kill));
        }

        await launched.GroupEnded;
        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public async Task Nobody_breaks_away_from_a_job()
    {
        var launched = Child(["breakaway"]);

        Assert.Equal("refused 5", await ReadLine(launched.StandardOutput!));
    }

    [Fact]
    public async Task A_process_joins_a_group_and_ends_with_it()
    {
        var leader = await Ready("ready");
        using var group = HoldGroup(leader);

        var joined = Child(["ready"], placement: ProcessGroupPlacement.JoinGroup, join: group);
        Assert.Equal("ready", await ReadLine(joined.StandardOutput!));

        Assert.Equal(leader.Pgid, joined.Pgid);
        Assert.Equal(leader.Group, joined.Group);
        Assert.Equal(leader.JobId, joined.JobId);
        Assert.Contains(group.Members(), member => member.Process == joined.Process);
        Assert.Null(group.Signal(Signal.Kill));
        Assert.Equal((int)WindowsSignals.KilledExitCode, (await joined.Exited).Status!.ExitCode);
    }

    [Fact]
    public async Task Nobody_joins_a_group_that_has_ended()
    {
        var leader = await Ready("ready");
        using var group = HoldGroup(leader);
        Assert.Null(group.Signal(Signal.Kill));
        await group.WaitUntilEmptyAsync(Cancelled);
        await leader.GroupEnded;

        var refused = TryLaunch(TestChild, ["ready"], placement: ProcessGroupPlacement.JoinGroup, join: group).AsT1;

        Assert.IsType<StaleProcess>(refused);
        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public async Task What_shares_the_hosts_group_has_no_group_and_its_own_end()
    {
        var launched = Child(["ready"], placement: ProcessGroupPlacement.Inherit);
        Assert.Equal("ready", await ReadLine(launched.StandardOutput!));

        Assert.Null(launched.Group);
        Assert.Null(launched.JobId);
        Assert.Equal(Environment.ProcessId, launched.Pgid);
        Assert.True(Executor.IsProtected(launched.Pgid, isGroup: true));
        await launched.StandardInput!.DisposeAsync();
        Assert.Equal(0, (await launched.Exited).Status!.ExitCode);
        await launched.GroupEnded;
        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public void A_job_that_somebody_has_made_already_is_not_taken()
    {
        var operation = OperationId.New(TimeProvider.System.GetUtcNow());
        using var squatter = Job.TryCreate(JobNames.Of(operation), SecurityDescriptor.OwnerOnly, out _);
        Assert.NotNull(squatter);

        var refused = Assert.IsType<PermissionRefused>(TryLaunch(TestChild, ["exit", "0"], operation: operation).AsT1);

        Assert.Contains(nameof(Win32Error.ERROR_ALREADY_EXISTS), refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, Registry.Open);
        Assert.Equal(0, Job.CountActive(squatter));
    }

    [Fact]
    public void Without_a_descriptor_there_is_no_job()
    {
        Assert.Null(Job.TryCreate(null, [], out var error));

        Assert.Equal(Win32Error.ERROR_INVALID_SECURITY_DESCR, error);
        Assert.NotEmpty(SecurityDescriptor.OwnerOnly);
    }

    [Fact]
    public async Task A_detached_group_is_found_by_name_when_nobody_of_its_host_holds_it()
    {
        var launched = TryLaunch(TestChild, ["children", "1"], StandardInputKind.Null, lifetime: ProcessLifetime.Detached).OrThrow();
        using var job = Job.TryOpen(launched.JobId!, JobNames.ToHold, out _);
        Assert.NotNull(job);
        await launched.Exited;
    }

    [Fact]
    public async Task Protected_targets_are_refused_whoever_asks()
    {
        Assert.All([0, -1, 4, Environment.ProcessId], id => Assert.True(Executor.IsProtected(id, isGroup: true)));
        Assert.All([0, -1, 4, Environment.ProcessId], id => Assert.True(Executor.IsProtected(id, isGroup: false)));
        var launched = await Ready("ready");
        Assert.False(Executor.IsProtected(launched.Process.Pid, isGroup: false));
        Assert.False(Executor.IsProtected(launched.Pgid, isGroup: true));
        using var self = Executor.Hold((ProcessTarget)Environment.ProcessId).OrThrow();
        Assert.Equal("osl:protected", Assert.IsType<Denied>(self.Signal(Signal.Continue)).Rule);
    }

    /// <summary>A leader with children that are all ready.</summary>
    private async Task<(LaunchedProcess Leader, ProcessRef[] Children)> Tree(int count)
    {
        var launched = Child(["children", $"{count}"]);
        var children = new List<ProcessRef>();
        for (var ready = 0; ready < count + 1; )
        {
            var line = await ReadLine(launched.StandardOutput!);
            if (line.StartsWith("child", StringComparison.Ordinal))
            {
                children.Add(WindowsProcesses.Ref(NumberIn(line), CreatedAt(NumberIn(line))));
            }
            else
            {
                Assert.Equal("ready", line);
                ready++;
            }
        }

        return (launched, [.. children]);
    }

    private readonly Queue<string> _ready = new();

    private async Task<ProcessRef> ChildOf(LaunchedProcess launched)
    {
        while (true)
        {
            var line = await ReadLine(launched.StandardOutput!);
            if (line.StartsWith("child", StringComparison.Ordinal))
            {
                return WindowsProcesses.Ref(NumberIn(line), CreatedAt(NumberIn(line)));
            }

            _ready.Enqueue(line);
        }
    }

    private async Task<string> Word(LaunchedProcess launched) =>
        _ready.TryDequeue(out var line) ? line : await ReadLine(launched.StandardOutput!);
}
