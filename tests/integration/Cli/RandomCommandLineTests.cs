using System.Globalization;
using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>Some hundreds of random command lines, to the real program. The only programs in them are true and echo.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RandomCommandLineTests : IDisposable
{
    private const int Seed = 20261121;

    private static readonly string[] Starts =
    [
        "run",
        "run --",
        "run --json",
        "run --timeout 1s -- true",
        "ps",
        "ps --json",
        "signal 2000000000",
        "signal 1",
        "signal --group 2000000000",
        "kill-group 2000000000",
        "kill-group 1",
        "audit",
        "audit list",
        "audit show",
        "doctor",
        "bogus",
        "",
    ];

    private static readonly string[] Rest =
    [
        "",
        "true",
        "echo",
        "--",
        "-",
        "--json",
        "--help",
        "--version",
        "--verbose",
        "--detach",
        "--policy",
        "--env",
        "K=V",
        "--group",
        "--inherit-group",
        "--new-session",
        "--cwd",
        "/",
        "/no/such",
        "--reason",
        "--limit",
        "0",
        "1",
        "-1",
        "99999999999999999999",
        "--since",
        "1h",
        "TERM",
        "0",
        "\u001b]0;x\a",
        "\u009b2J",
        "\u202egnp",
        "[red]x[/]",
        "{0} %n",
        "\r\nosl: fine",
        "山田",
        "\U0001F600",
        "--bogus=\u001b[1m",
    ];

    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task None_hangs_throws_or_leaves_a_process()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 300; round++)
        {
            var start = Starts[random.Next(Starts.Length)].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] commandLine = [.. start, .. Enumerable.Range(0, random.Next(7)).Select(_ => Rest[random.Next(Rest.Length)])];
            var told = string.Create(CultureInfo.InvariantCulture, $"{round}: {string.Join('|', commandLine)}");

            // Bounded: a hang fails here.
            var outcome = await _osl.RunAsync(commandLine);

            Assert.True(outcome.ExitCode is >= 0 and <= 6 or >= 124 and <= 127, $"{told}: {outcome.ExitCode} {outcome.Error}");
            Assert.DoesNotContain("Unhandled exception", outcome.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("This is a defect of osl", outcome.Error, StringComparison.Ordinal);
            Assert.False(outcome.Error.Any(c => (char.IsControl(c) && c != '\n') || c is '\u202e'), $"{told}: {outcome.Error}");
        }

        Assert.Empty(Marked.Alive(_osl.Directory));
    }
}
