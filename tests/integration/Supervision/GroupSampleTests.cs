using System.Runtime.Versioning;
using Osl.Tests.Integration.Cli;

namespace Osl.Tests.Integration.Supervision;

/// <summary>Both examples of the process group's proposal, as the programs of samples/ProcessGroups.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class GroupSampleTests : IDisposable
{
    private const int Jobs = 8;
    private const int Crashing = 2;
    private const int Workers = 4;

    private readonly OslCommandLine _osl = new();

    private static string Sample { get; } =
        Path.Combine(
            AppContext.BaseDirectory.Replace(
                Path.Combine("tests", "integration", "bin"),
                Path.Combine("samples", "ProcessGroups", "bin"),
                StringComparison.Ordinal
            ),
            "ProcessGroups"
        );

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task Workers_do_their_task_together_and_a_pool_restarts_who_fails()
    {
        using var session = _osl.OpenOther(Sample);
        var outcome = await session.EndAsync();

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        var lines = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("gateway: twice 300 is 600", lines, StringComparer.Ordinal);
        Assert.Contains("Worker and gateway have ended, 2 of 2 well", lines, StringComparer.Ordinal);
        Assert.Equal(Jobs, lines.Count(line => line.StartsWith("job ", StringComparison.Ordinal)));
        Assert.Equal(Workers, lines.Count(line => line.StartsWith("Started worker", StringComparison.Ordinal)));
        Assert.Equal(Crashing, lines.Count(line => line.EndsWith("stopped: exit code 1", StringComparison.Ordinal)));
        Assert.Equal(Crashing, lines.Count(line => line.StartsWith("Exited with error", StringComparison.Ordinal)));
        Assert.Equal(Workers, lines.Count(line => line.EndsWith("stopped: exit code 0", StringComparison.Ordinal)));
    }
}
