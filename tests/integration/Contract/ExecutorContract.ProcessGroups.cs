using NSubstitute;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Supervision.Groups;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    /// <summary>Launched into a group, and has said that it is ready.</summary>
    private async Task<SpawnProcessResult> EmplaceAsync(ProcessGroup group, Child child)
    {
        var started = await group.EmplaceAsync(child.Spawn().WithStandardOutput(StandardOutputConfig.Pipe), null, Test).OrThrow();
        Assert.Equal("ready", await ReadLineAsync(started));
        return started;
    }

    [Fact]
    public async Task A_group_waits_for_all_of_its_members()
    {
        await using var group = new ProcessGroup(Osl);
        var first = await group.EmplaceAsync(A.Exit(0).Spawn(), null, Test).OrThrow();
        var second = await group.EmplaceAsync(A.Exit(3).Spawn(), null, Test).OrThrow();

        var exits = await group.WaitAsync(Test);

        Assert.Equal(
            [(first.Pid, 0), (second.Pid, 3)],
            exits.OrderBy(exit => exit.ExitCode).Select(exit => (exit.Pid, exit.ExitCode!.Value))
        );
        Assert.False(group.Running);
        Assert.Null(await group.WaitOneAsync(Test));
    }

    [Fact]
    public async Task A_group_tells_a_signal_from_an_exit_code()
    {
        Needs(Feature.EndBySignal);
        await using var group = new ProcessGroup(Osl);
        await group.EmplaceAsync(A.EndBySignal("TERM").Spawn(), null, Test).OrThrow();

        var exit = await group.WaitOneAsync(Test);

        Assert.Equal((null, Signal.Terminate), (exit!.ExitCode, exit.Signal));
    }

    [Fact]
    public async Task Two_who_wait_for_one_get_one_each()
    {
        await using var group = new ProcessGroup(Osl);
        var first = await EmplaceAsync(group, A.Wait());
        var second = await EmplaceAsync(group, A.Wait());
        Task<GroupExit?>[] waiters = [.. Enumerable.Range(0, 3).Select(_ => group.WaitOneAsync(Test).AsTask())];

        await group.TerminateAsync(Test).OrThrow();
        var exits = await Task.WhenAll(waiters);

        Assert.Equal(new[] { first.Pid, second.Pid }.Order(), exits.OfType<GroupExit>().Select(exit => exit.Pid).Order());
        Assert.Single(exits, exit => exit is null);
    }

    [Fact]
    public async Task Terminating_a_group_ends_its_members_and_what_they_have_started()
    {
        await using var group = new ProcessGroup(Osl);
        var parent = await EmplaceAsync(group, A.Parent(2));
        var other = await EmplaceAsync(group, A.Stubborn());
        Assert.Equal(parent.Group, other.Group);

        var stopped = await group.TerminateAsync(Test).OrThrow();

        Assert.True(stopped.ProcessesAffected >= 4, $"{stopped.ProcessesAffected} affected");
        Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(parent.Group!)));
        Assert.All(await group.WaitAsync(Test), exit => A.AssertEndedBy(Signal.Kill, exit.Status));
    }

    [Fact]
    public async Task Disposing_a_group_ends_its_members_and_nobody_elses()
    {
        await using var other = new ProcessGroup(Osl);
        var theirs = await EmplaceAsync(other, A.Wait());
        var group = new ProcessGroup(Osl);
        var parent = await EmplaceAsync(group, A.Parent(1));

        await group.DisposeAsync();

        Assert.False(IsAlive(parent.Process));
        Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(parent.Group!)));
        Assert.True(IsAlive(theirs.Process));
        Assert.True(other.Contains(theirs.Pid));
    }

    [Fact]
    public async Task A_member_can_be_launched_when_the_leader_is_gone()
    {
        await using var group = new ProcessGroup(Osl);
        var leader = await EmplaceAsync(group, A.Wait());
        await EmplaceAsync(group, A.Wait());
        await Osl.ExecuteAsync(new KillProcessOperation(leader.Process), Me, Test).OrThrow();
        Assert.Equal(leader.Pid, (await group.WaitOneAsync(Test))!.Pid);

        var third = await EmplaceAsync(group, A.Wait());

        Assert.Equal(leader.Pgid, third.Pgid);
        Assert.Equal(2, (await group.TerminateAsync(Test).OrThrow()).Ended);
    }

    [Fact]
    public async Task A_member_can_be_launched_when_all_are_gone()
    {
        await using var group = new ProcessGroup(Osl);
        var first = await EmplaceAsync(group, A.Wait());
        await group.TerminateAsync(Test).OrThrow();

        var next = await EmplaceAsync(group, A.Wait());

        Assert.NotEqual(first.Pgid, next.Pgid);
        Assert.Equal(next.Group, group.NativeHandle);
        Assert.Equal(next.JobId, group.JobId);
    }

    [Fact]
    public async Task A_process_that_runs_is_attached_by_itself_and_ends_with_the_group()
    {
        await using var host = HostThatMayAttach();
        using var stranger = A.StartForeign();
        var owned = await OwnedProcess
            .StartAsync(host, A.Wait().Spawn().WithNewProcessGroup().WithStandardOutput(StandardOutputConfig.Pipe), cancellationToken: Test)
            .OrThrow();
        var process = owned.Process.Process;
        var group = new ProcessGroup(host);
        var member = await EmplaceAsync(group, A.Wait());

        await group.AttachAsync(stranger.Id, Test).OrThrow();
        var attached = await group.AttachAsync(owned, Test).OrThrow();

        Assert.True(owned.IsEmpty);
        Assert.Equal((process, process.Pid), (attached.Process, attached.Pgid));
        Assert.Equal(3, group.Members.Count);
        await group.DisposeAsync();
        await stranger.WaitForExitAsync(Test);
        Assert.False(IsAlive(process));
        Assert.False(IsAlive(member.Process));
    }

    [Fact]
    public async Task A_detached_group_outlives_its_handle_and_its_host()
    {
        var host = CreateHost(_ => { });
        var group = new ProcessGroup(host);
        using var bell = A.Bell();
        var quiet = A.Ring(bell, Path.Combine(Scratch, "pids"))
            .Spawn()
            .WithStandardOutput(StandardOutputConfig.Null)
            .WithStandardError(StandardOutputConfig.Null);
        var leader = await group.EmplaceAsync(quiet, null, Test).OrThrow();
        Assert.Equal("ready", await bell.ReadLineAsync(Test));

        Assert.Null(await group.DetachAsync(Test));
        await group.DisposeAsync();
        await host.DisposeAsync();

        Assert.True(IsAlive(leader.Process));
        await using var next = await ProcessGroup.FromNativeHandleAsync(Osl, leader.Pgid, cancellationToken: Test).OrThrow();
        Assert.Equal(2, next.Members.Count);
        Assert.True(next.Contains(leader.Process));
        var more = await EmplaceAsync(next, A.Wait());
        Assert.Equal(leader.Pgid, more.Pgid);
        Assert.Equal(3, (await next.TerminateAsync(Test).OrThrow()).Ended);
        Assert.Equal(3, (await next.WaitAsync(Test)).Count);
    }

    [Fact]
    public async Task A_group_that_is_read_by_its_host_is_not_detached()
    {
        await using var group = new ProcessGroup(Osl);
        var piped = await EmplaceAsync(group, A.Wait());

        Assert.IsType<Unsupported>(await group.DetachAsync(Test));
        Assert.Equal(piped.Group, group.NativeHandle);
    }

    [Fact]
    public async Task All_that_a_group_does_is_judged_and_recorded()
    {
        await using var group = new ProcessGroup(Osl, new OperationContext(Principal.Current, "a pool"));
        var started = await EmplaceAsync(group, A.Wait());
        await group.TerminateAsync(Test).OrThrow();
        var policy = PolicyWhere(mayEver: true);
        policy.Decide(default!, default!, default!, default!).ReturnsForAnyArgs(new PolicyDecision(PolicyEffect.Deny, "none", "no rule."));
        await using var host = CreateHost(options => options.UsePolicy(policy));
        await using var forbidden = new ProcessGroup(host);

        Assert.IsType<Denied>((await forbidden.EmplaceAsync(A.Wait().Spawn(), spawn => spawn.WithArgument("x"), Test)).AsT1);
        Assert.False(forbidden.Running);
        var intents = Journal().Where(record => record.Type == AuditRecordType.Intent).ToList();
        Assert.Equal(["spawn_process", "kill_process_group"], intents.Select(record => record.OperationType), StringComparer.Ordinal);
        Assert.All(intents, record => Assert.Equal("a pool", record.Reason));
        Assert.Equal(started.OperationId, intents[0].Operation);
    }

    [Fact]
    public async Task However_starts_and_the_end_of_a_group_meet_nobody_is_left()
    {
        for (var round = 0; round < A.Rounds(20); round++)
        {
            var group = new ProcessGroup(Osl);
            var starts = Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(
                        async () =>
                        {
                            try
                            {
                                return (
                                    await group.EmplaceAsync(A.Wait().Spawn().WithStandardOutput(StandardOutputConfig.Null), null, Test)
                                ).AsT0;
                            }
                            catch (ObjectDisposedException)
                            {
                                return null;
                            }
                        },
                        Test
                    )
                )
                .ToArray();
            for (var spin = 0; spin < round * 50; spin++)
            {
                await Task.Yield();
            }

            await group.DisposeAsync();
            var started = (await Task.WhenAll(starts)).OfType<SpawnProcessResult>().ToList();

            Assert.DoesNotContain(started, process => IsAlive(process.Process));
            Assert.DoesNotContain(
                Osl.Registry.Live(),
                entry => entry.HostPid == Environment.ProcessId && started.Exists(one => one.OperationId == entry.Operation)
            );
        }
    }
}
