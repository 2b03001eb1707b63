using System.Diagnostics;
using System.Runtime.Versioning;
using Osl.Interop.Linux;
using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Hosting;

/// <summary>
/// A host that does everything at random, eight at once: a minute, or OSL_CHAOS seconds. What it holds and what runs returns to where it
/// began. With OSL_STARVE=1 its descriptors run out time and again; there .NET itself aborts at times (knowledge/descriptors.md), and what
/// was Managed is ended by the guardian: then only that is looked at.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class ChaosTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-chaos-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task After_everything_at_random_nothing_is_left()
    {
        var seconds = Environment.GetEnvironmentVariable("OSL_CHAOS") ?? "60";
        var starves = Environment.GetEnvironmentVariable("OSL_STARVE") is "1";
        var seed = Random.Shared.Next();
        var mark = Guid.NewGuid().ToString("N");
        var host = Path.Combine(AppContext.BaseDirectory, "spawnhost");
        var start = new ProcessStartInfo(
            "/bin/sh",
            [
                "-c",
                "ulimit -n 400; exec \"$0\" chaos \"$1\" \"$2\" \"$3\" \"$4\"",
                host,
                _directory,
                seconds,
                $"{seed}",
                starves ? "starving" : "fed",
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["OSL_TEST_MARK"] = mark;
        using var chaos = Process.Start(start)!;
        var error = chaos.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await chaos.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await chaos.WaitForExitAsync(TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}\n{said}");

        if (starves && chaos.ExitCode != 0)
        {
            // The guardian's work takes a moment longer than the host's end.
            await Ends.OfAllAsync(() => Left(mark));
            return;
        }

        Assert.True(chaos.ExitCode == 0, $"seed {seed}: {chaos.ExitCode}\n{said}\n{await error}");
        var lines = said.Split('\n');
        Assert.Contains("live 0", lines, StringComparer.Ordinal);
        Assert.Contains("children 0", lines, StringComparer.Ordinal);
        Assert.Contains("descriptors left over 0", lines, StringComparer.Ordinal);
        Assert.Contains("threads left over 0", lines, StringComparer.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("run: ok ", StringComparison.Ordinal));
        Assert.Equal(starves, lines.Any(line => line.StartsWith("run: spawn_failed:EMFILE ", StringComparison.Ordinal)));
        Assert.Empty(Left(mark));
    }

    private static IEnumerable<int> Left(string mark)
    {
        var entry = System.Text.Encoding.ASCII.GetBytes($"OSL_TEST_MARK={mark}");
        return ProcFs.Pids().Where(pid => ProcFs.HasEnvironmentEntry(pid, entry));
    }
}
