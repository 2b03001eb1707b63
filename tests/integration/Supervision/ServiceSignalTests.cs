using System.Runtime.Versioning;
using Osl.Tests.Integration.Cli;

namespace Osl.Tests.Integration.Supervision;

/// <summary>Services in a process of their own, and real signals to it: samples/Heartbeat.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ServiceSignalTests : IDisposable
{
    private const int Hup = 1;
    private const int Int = 2;
    private const int Term = 15;

    private readonly OslCommandLine _osl = new();

    private static string Sample { get; } =
        Path.Combine(
            AppContext.BaseDirectory.Replace(
                Path.Combine("tests", "integration", "bin"),
                Path.Combine("samples", "Heartbeat", "bin"),
                StringComparison.Ordinal
            ),
            "Heartbeat.dll"
        );

    public void Dispose() => _osl.Dispose();

    [Theory]
    [InlineData(Term)]
    [InlineData(Int)]
    public async Task Signals_reload_and_end_all_services(int last)
    {
        // Whatever this run was started with: nohup and a shell's background ignore some of them.
        using var session = _osl.OpenOther("/usr/bin/env", "--default-signal", "dotnet", Sample);
        await session.ReadUntilAsync("beats");
        await session.ReadUntilAsync("beats");
        for (var i = 0; i < 3; i++)
        {
            session.Signal(Hup);
            string[] reloads = [(await session.ReadLineAsync())!, (await session.ReadLineAsync())!];
            Assert.Equal(["fast: reload", "slow: reload"], reloads.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        }

        session.Signal(last);
        var outcome = await session.EndAsync();
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal(
            ["fast: shutdown", "slow: shutdown"],
            outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[..2].Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
        Assert.EndsWith("\nall services have ended\n", outcome.Output, StringComparison.Ordinal);
    }
}
