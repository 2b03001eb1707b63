using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    [Fact]
    public async Task A_query_says_of_a_process_what_the_table_says()
    {
        var started = await StartAsync(A.Parent(2));

        var process = await Osl.ExecuteAsync(new QueryProcessOperation(started.Process), Me, Test).OrThrow();
        Assert.Equal(started.Process, process.State.Process);
        Assert.True(process.State.IsAlive);
        Assert.Equal(started.Pgid, process.State.Pgid);
        Assert.Equal(Environment.ProcessId, process.State.ParentPid);

        var group = await Osl.ExecuteAsync(new QueryProcessGroupOperation(started.Pgid), Me, Test).OrThrow();
        Assert.Equal(3, group.Members.Count);
        Assert.Equal(2, group.Members.Count(member => member.ParentPid == started.Pid));
        Assert.All(group.Members, member => Assert.Equal(started.Pgid, member.Pgid));
    }

    [Fact]
    public async Task A_group_is_a_job_whose_name_is_in_the_result()
    {
        Needs(Feature.Jobs);
        var leader = await StartAsync(A.Wait());
        var member = await StartAsync(A.Wait(), spawn => spawn.WithProcessGroup(leader.Group!));
        var other = await StartAsync(A.Wait());

        Assert.False(string.IsNullOrEmpty(leader.JobId));
        Assert.Equal(leader.JobId, leader.Metadata["job_id"]);
        Assert.Equal(leader.JobId, member.JobId);
        Assert.NotEqual(leader.JobId, other.JobId, StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_group_that_has_ended_can_be_neither_joined_nor_signalled()
    {
        var started = await StartAsync(A.Wait());
        await Osl.ExecuteAsync(new KillProcessGroupOperation(started.Group!), Me, Test).OrThrow();

        Assert.IsType<NotFound>(await FailAsync(A.Nothing.Spawn().WithProcessGroup(started.Group!)));
        Assert.IsType<NotFound>(await FailAsync(ProcessSignalOperation.ForGroup(started.Group!, Signal.Kill)));
        Assert.IsType<NotFound>(await FailAsync(ProcessSignalOperation.ForGroup(started.Pgid, Signal.Kill)));
    }
}
