using System.Diagnostics;

namespace Osl.Tests.Integration.Hosting;

/// <summary>Many at once through the whole pipeline, in a host of their own, so that what is left over can be counted.</summary>
public sealed class ManyAtOnceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-many-").FullName;

    [Fact]
    public async Task Five_thousand_with_five_hundred_in_flight_leave_nothing()
    {
        using var host = Process.Start(
            new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "spawnhost"), ["many", _directory, "5000", "500"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        var error = host.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await host.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await host.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", await error);
        Assert.Equal(0, host.ExitCode);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("runs 5000", lines, StringComparer.Ordinal);
        Assert.Contains("in flight 500", lines, StringComparer.Ordinal);
        Assert.Contains("zombies 0", lines, StringComparer.Ordinal);
        Assert.Contains("children 0", lines, StringComparer.Ordinal);
        Assert.Contains("descriptors left over 0", lines, StringComparer.Ordinal);
        Assert.Contains("threads left over 0", lines, StringComparer.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
