using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    private const long Megabyte = 1 << 20;

    [Fact]
    public async Task A_program_can_be_given_a_priority_and_processors()
    {
        Needs(Feature.Priority);
        var plain = await RunAsync(A.Scheduling());
        var run = await RunAsync(A.Scheduling(), spawn => spawn with { Nice = 10, CpuAffinity = [0] });

        Assert.StartsWith(A.Scheduled.Plain, plain.StandardOutput.Text, StringComparison.Ordinal);
        Assert.Equal(A.Scheduled.Lower, run.StandardOutput.Text);
    }

    [Fact]
    public async Task A_processor_that_is_not_there_is_refused()
    {
        Needs(Feature.Priority);

        Assert.IsType<LimitUnavailable>(await FailAsync(A.Nothing.Spawn() with { CpuAffinity = [63] }));
    }

    [Fact]
    [Trait("Needs", "real Windows")]
    public async Task A_group_gets_no_more_memory_than_its_limit()
    {
        Needs(Feature.Limits);
        var within = await RunAsync(A.Take(50), spawn => spawn with { Limits = new ResourceLimits { MemoryBytes = 1024 * Megabyte } });
        var beyond = await RunAsync(A.Take(1024), spawn => spawn with { Limits = new ResourceLimits { MemoryBytes = 256 * Megabyte } });

        Assert.Equal("taken\n", within.StandardOutput.Text);
        Assert.False(beyond.ExitStatus.IsSuccess);
        Assert.Equal("", beyond.StandardOutput.Text);
    }

    [Fact]
    [Trait("Needs", "real Windows")]
    public async Task A_group_has_no_more_processes_than_its_limit()
    {
        Needs(Feature.Limits);
        var within = await RunAsync(
            A.PrintVariableTwice("OSL_OPERATION"),
            spawn => spawn with { Limits = new ResourceLimits { Processes = 2 } }
        );
        var beyond = await RunAsync(
            A.PrintVariableTwice("OSL_OPERATION"),
            spawn => spawn with { Limits = new ResourceLimits { Processes = 1 } }
        );

        Assert.True(within.ExitStatus.IsSuccess);
        Assert.False(beyond.ExitStatus.IsSuccess);
        Assert.Equal($"{beyond.OperationId}\n", beyond.StandardOutput.Text);
    }
}
