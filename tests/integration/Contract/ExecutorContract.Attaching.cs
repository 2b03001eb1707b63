using System.Diagnostics;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    private protected OslHost HostThatMayAttach() => CreateHost(options => options.UsePolicy(new AttachingPolicy(A.SearchPath)));

    /// <summary>Started with nothing that a host has to be there for, and ready.</summary>
    private async Task<SpawnProcessResult> StartApartAsync(
        OslHost host,
        Func<SpawnProcessOperation, SpawnProcessOperation>? change = null,
        OperationContext? context = null
    )
    {
        using var bell = A.Bell();
        var operation = A.Ring(bell, Path.Combine(Scratch, Guid.NewGuid().ToString("N")))
            .Spawn()
            .WithNewProcessGroup()
            .WithStandardOutput(StandardOutputConfig.Null)
            .WithStandardError(StandardOutputConfig.Null);
        var started = await host.ExecuteAsync(change?.Invoke(operation) ?? operation, context ?? Me, Test).OrThrow();
        Assert.Equal("ready", await bell.ReadLineAsync(Test));
        return started;
    }

    [Fact]
    public async Task A_stranger_that_is_attached_to_ends_with_its_host()
    {
        using var stranger = A.StartForeign();
        var host = HostThatMayAttach();
        var attached = await host.ExecuteAsync(new AttachProcessOperation(stranger.Id), Me, Test).OrThrow();

        Assert.Equal(stranger.Id, attached.Pid);
        var entry = Assert.Single(Osl.Registry.Live(), entry => entry.Operation == attached.OperationId);
        Assert.Equal((attached.Process, true, ProcessLifetime.Managed), (entry.Process, entry.Attached, entry.Lifetime));
        Assert.NotEmpty(entry.Program);
        Assert.Equal(Principal.Current.Name, entry.Principal);

        await host.DisposeAsync();

        await stranger.WaitForExitAsync(Test);
        Assert.DoesNotContain(Osl.Registry.Live(), entry => entry.Operation == attached.OperationId);
    }

    [Fact]
    public async Task The_end_of_what_is_attached_is_noticed_and_recorded()
    {
        using var stranger = A.StartForeign();
        await using var host = HostThatMayAttach();
        var attached = await host.ExecuteAsync(new AttachProcessOperation(stranger.Id), Me, Test).OrThrow();

        stranger.Kill();
        var exit = await attached.Live.Exited.WaitAsync(Test);

        Assert.Equal(attached.Process, exit.Process);
        // wait(2) is for parents; the handle of a process tells everybody.
        Assert.Equal(OperatingSystem.IsWindows(), exit.Status is not null);
        await host.DisposeAsync();
        var records = Journal().Where(record => record.Operation == attached.OperationId).ToList();
        Assert.Equal([AuditRecordType.Intent, AuditRecordType.Outcome, AuditRecordType.Exit], records.Select(record => record.Type));
        Assert.Equal(("attach_process", "process.attach"), (records[0].OperationType, records[0].Action));
        Assert.Equal((TargetRelation.Foreign, true), (records[0].Target!.Relation, records[0].Elevated));
        Assert.All(records.Skip(1), record => Assert.Equal(stranger.Id, record.Pid));
    }

    [Fact]
    public async Task What_is_attached_is_its_principals_to_end_and_nobody_elses()
    {
        using var stranger = A.StartForeign();
        await using var host = HostThatMayAttach();
        var attached = await host.ExecuteAsync(new AttachProcessOperation(stranger.Id), Me, Test).OrThrow();

        var denied = Assert.IsType<Denied>(await FailAsync(new KillProcessOperation(attached.Process), SomebodyElse, host));
        var stopped = await Osl.ExecuteAsync(new KillProcessOperation(attached.Process), Me, Test).OrThrow();

        Assert.Equal("builtin:foreign-target", denied.Rule);
        Assert.Equal(1, stopped.Ended);
        var intent = Journal().Single(record => record.Operation == stopped.OperationId && record.Type == AuditRecordType.Intent);
        Assert.Equal(TargetRelation.Attached, intent.Target!.Relation);
        await attached.Live.Exited.WaitAsync(Test);
    }

    [Fact]
    public async Task The_view_of_what_is_attached_stops_it_through_the_pipeline()
    {
        using var stranger = A.StartForeign();
        await using var host = HostThatMayAttach();
        var attached = await host.ExecuteAsync(new AttachProcessOperation(stranger.Id), Me, Test).OrThrow();

        var stopped = await attached.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();

        Assert.Equal(1, stopped.Ended);
        await stranger.WaitForExitAsync(Test);
        Assert.Null(attached.Live.StandardOutput);
    }

    [Fact]
    public async Task Attached_and_detached_is_watched_and_lives_on()
    {
        using var stranger = A.StartForeign();
        try
        {
            var host = HostThatMayAttach();
            var attach = new AttachProcessOperation(stranger.Id).WithLifetime(ProcessLifetime.Detached);
            var attached = await host.ExecuteAsync(attach, Me, Test).OrThrow();
            await host.DisposeAsync();

            Assert.True(IsAlive(attached.Process));
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task A_stranger_is_not_attached_to_without_a_rule()
    {
        using var stranger = A.StartForeign();
        try
        {
            var denied = Assert.IsType<Denied>(await FailAsync(new AttachProcessOperation(stranger.Id)));

            Assert.Equal("builtin:foreign-target", denied.Rule);
            Assert.DoesNotContain(Osl.Registry.Live(), entry => entry.Process.Pid == stranger.Id);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task Who_never_can_be_a_target_can_not_be_attached_to()
    {
        await using var host = HostThatMayAttach();

        Assert.IsType<ValidationFailed>(await FailAsync(new AttachProcessOperation(0), host: host));
        Assert.Equal(
            "osl:protected",
            Assert.IsType<Denied>(await FailAsync(new AttachProcessOperation(Environment.ProcessId), host: host)).Rule
        );
        Assert.IsType<NotFound>(await FailAsync(new AttachProcessOperation(A.Nobody), host: host));
        var child = await StartAsync(A.Wait(), host: host);
        var reused = child.Process with { StartTime = child.Process.StartTime + 1 };
        Assert.IsType<StaleProcess>(await FailAsync(new AttachProcessOperation(reused), host: host));
    }

    [Fact]
    public async Task Who_attaches_to_its_own_child_has_its_own_view()
    {
        var started = await StartAsync(A.Wait());

        var attached = await Osl.ExecuteAsync(new AttachProcessOperation(started.Process), Me, Test).OrThrow();
        await started.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();

        A.AssertEndedBy(Signal.Kill, (await attached.Live.Exited.WaitAsync(Test)).Status);
        Assert.Equal(started.Group, attached.Group);
        Assert.DoesNotContain(Osl.Registry.Live(), entry => entry.Operation == attached.OperationId);
    }

    [Fact]
    public async Task Of_another_principals_child_it_is_known_how_it_ended()
    {
        await using var host = HostThatMayAttach();
        var started = await StartAsync(A.Wait(), host: host);

        var attached = await host.ExecuteAsync(
                new AttachProcessOperation(started.Process).WithLifetime(ProcessLifetime.Detached),
                SomebodyElse,
                Test
            )
            .OrThrow();
        Assert.Contains(Osl.Registry.Live(), entry => entry.Operation == attached.OperationId && entry.Attached);
        // Let go of by who attached to it, it is still its owner's, and ends with the host.
        Assert.Empty((await host.ExecuteAsync(new ReleaseProcessOperation(started.Process), SomebodyElse, Test).OrThrow()).Released);
        await started.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();

        A.AssertEndedBy(Signal.Kill, (await attached.Live.Exited.WaitAsync(Test)).Status);
    }

    [Fact]
    public async Task What_is_released_survives_its_host()
    {
        var host = CreateHost(_ => { });
        var started = await StartApartAsync(host);

        var released = await host.ExecuteAsync(new ReleaseProcessOperation(started.Process), Me, Test).OrThrow();
        var again = await host.ExecuteAsync(new ReleaseProcessOperation(started.Process), Me, Test).OrThrow();
        await host.DisposeAsync();

        Assert.Equal([started.Process], released.Released);
        Assert.Empty(again.Released);
        Assert.Equal("1", released.Metadata["processes_affected"]);
        Assert.True(IsAlive(started.Process));
        var entry = Assert.Single(Osl.Registry.Live(), entry => entry.Operation == started.OperationId);
        Assert.Equal(ProcessLifetime.Detached, entry.Lifetime);
        Assert.Equal(2, (await Osl.ExecuteAsync(new KillProcessGroupOperation(started.Pgid), Me, Test).OrThrow()).Ended);
        Assert.Equal("release_process", Journal().Last(record => record.Operation == released.OperationId).OperationType);
    }

    [Fact]
    public async Task A_group_is_released_with_who_has_joined_it()
    {
        var host = CreateHost(_ => { });
        var leader = await StartApartAsync(host);
        var member = await StartApartAsync(host, spawn => spawn.WithProcessGroup(leader.Group!));

        var released = await host.ExecuteAsync(ReleaseProcessOperation.ForGroup(leader.Group!), Me, Test).OrThrow();
        await host.DisposeAsync();

        Assert.Equal(2, released.Released.Count);
        Assert.True(IsAlive(leader.Process));
        Assert.True(IsAlive(member.Process));
        Assert.Equal(4, (await Osl.ExecuteAsync(new KillProcessGroupOperation(leader.Group!), Me, Test).OrThrow()).Ended);
    }

    [Fact]
    public async Task A_group_is_released_when_its_leader_has_ended()
    {
        var host = CreateHost(_ => { });
        var leader = await StartApartAsync(host);
        await host.ExecuteAsync(new KillProcessOperation(leader.Process), Me, Test).OrThrow();
        await leader.Live.Exited.WaitAsync(Test);

        await host.ExecuteAsync(ReleaseProcessOperation.ForGroup(leader.Group!), Me, Test).OrThrow();
        var members = (await host.ExecuteAsync(new QueryProcessGroupOperation(leader.Group!), Me, Test).OrThrow()).Members;
        await host.DisposeAsync();

        var left = Assert.Single(members, member => member.IsAlive);
        Assert.True(IsAlive(left.Process));
        using var process = Process.GetProcessById(left.Process.Pid);
        process.Kill();
    }

    [Fact]
    public async Task What_its_host_reads_or_holds_for_another_can_not_be_released()
    {
        var piped = await StartAsync(A.Wait());
        var limited = await StartApartAsync(Osl, spawn => spawn.WithTimeLimit(TimeSpan.FromHours(1)));
        await using var other = CreateHost(_ => { });

        var error = Assert.IsType<Unsupported>(await FailAsync(new ReleaseProcessOperation(piped.Process)));
        Assert.Contains("StandardOutput", error.What, StringComparison.Ordinal);
        Assert.IsType<Unsupported>(await FailAsync(new ReleaseProcessOperation(limited.Process)));
        var elsewhere = Assert.IsType<Unsupported>(await FailAsync(new ReleaseProcessOperation(piped.Process), host: other));
        Assert.Contains(
            Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture),
            elsewhere.What,
            StringComparison.Ordinal
        );
        Assert.IsType<Denied>(await FailAsync(new ReleaseProcessOperation(piped.Process), SomebodyElse));
        Assert.Equal(ProcessLifetime.Managed, Osl.Registry.Live().Single(entry => entry.Operation == piped.OperationId).Lifetime);
    }

    [Fact]
    public async Task Who_has_attached_in_another_host_lets_go_of_nobody_elses_hold_here()
    {
        var started = await StartApartAsync(Osl, context: SomebodyElse);
        await using var host = HostThatMayAttach();
        await host.ExecuteAsync(new AttachProcessOperation(started.Process), Me, Test).OrThrow();

        var error = Assert.IsType<Unsupported>(await FailAsync(new ReleaseProcessOperation(started.Process)));

        Assert.Contains("from another host", error.What, StringComparison.Ordinal);
        Assert.Equal(ProcessLifetime.Managed, Osl.Registry.Live().Single(entry => entry.Operation == started.OperationId).Lifetime);
    }

    /// <summary>The built-in policy, which also lets everybody attach to everything.</summary>
    private sealed class AttachingPolicy(IReadOnlyList<string> securePath) : IPolicy
    {
        private readonly BuiltInPolicy _rest = new(string.Join(Path.PathSeparator, securePath));

        public string Hash => "attaching";

        public IReadOnlyList<string> SecurePath => _rest.SecurePath;

        public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts) =>
            action == ProcessActions.Attach
                ? new PolicyDecision(PolicyEffect.Allow, "attaching", "a test attaches.")
                : _rest.Decide(action, operation, context, facts);

        public bool MayEver(Principal principal, PolicyAction action) => true;
    }
}
