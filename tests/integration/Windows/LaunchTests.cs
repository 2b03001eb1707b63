using Osl.Executors.Windows;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Windows;

/// <summary>Starting and ending; once born into the job, once put into it before the first instruction.</summary>
public abstract class LaunchContract(bool atCreation) : WindowsExecutorTest(WindowsMode.Detected with { JobAtCreation = atCreation })
{
    [Theory]
    [InlineData(0)]
    [InlineData(42)]
    [InlineData(255)]
    public async Task I_learn_the_exit_code(int code)
    {
        var launched = TryLaunch(TestChild, ["exit", $"{code}"]).OrThrow();

        var exit = await launched.Exited;
        await launched.GroupEnded;

        Assert.Equal(new ExitStatus(code), exit.Status);
        Assert.Equal(launched.Process, exit.Process);
        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public async Task It_leads_a_group_that_is_a_job()
    {
        var launched = await Ready("ready");

        Assert.Equal(launched.Process.Pid, launched.Pgid);
        Assert.StartsWith(@"Local\osl-", launched.JobId, StringComparison.Ordinal);
        using var job = Job.TryOpen(launched.JobId!, Kernel32.JOB_OBJECT_QUERY, out _);
        Assert.NotNull(job);
        using var process = ProcessHandle.TryOpen(launched.Process.Pid, ProcessHandle.ToQuery, out _);
        Assert.True(Job.Contains(job, process!));
        using var group = HoldGroup(launched);
        Assert.Equal(launched.Process, Assert.Single(group.Members()).Process);
    }

    [Fact]
    public async Task Its_output_is_captured()
    {
        var launched = TryLaunch(TestChild, ["echo", "out"], output: StandardOutputConfig.Capture(), error: StandardOutputConfig.Capture())
            .OrThrow();

        var captured = await launched.OutputEnded;

        Assert.Equal("out", captured.Output.Text.Trim());
        Assert.Equal("", captured.Error.Text);
        Assert.True(captured.Output.IsComplete);
    }
}

public sealed class BornIntoItsJob() : LaunchContract(atCreation: true);

public sealed class PutIntoItsJob() : LaunchContract(atCreation: false);
