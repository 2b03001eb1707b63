using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>What the views make of real operations: characters as they are, long arguments, what was detached, what was a dry run.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class AuditViewTests : IDisposable
{
    private readonly OslCommandLine _osl = new();
    private readonly List<int> _detached = [];

    public void Dispose()
    {
        // What is detached outlives a test that fails, too.
        foreach (var pid in _detached.Where(OslCommandLine.IsAlive))
        {
            _ = Libc.Kill(pid, 9);
        }

        _osl.Dispose();
    }

    [Fact]
    public async Task Show_has_each_character_as_it_is_unless_a_terminal_would_obey_it()
    {
        const string Plain = "a & b 'c' <d> + `e` é \"f\" \\u0026";
        const string Dangerous = "\u001b[2J\u202e\u0007\n  rule: forged";
        var run = await _osl.RunAsync("run", "--reason", "x & 'y' <z>", "--", "true", Plain, Dangerous, "b\u009bc");
        Assert.Equal(0, run.ExitCode);
        var shown = await _osl.RunAsync("audit", "show", "0");
        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("\n  reason: x & 'y' <z>\n", shown.Output, StringComparison.Ordinal);
        // In a list as JSON has it: where an argument ends can't be forged.
        Assert.Contains("a & b 'c' <d> + `e` é \\\"f\\\" \\\\u0026\"", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(shown.Output, character => (char.IsControl(character) && character != '\n') || character == '\u202e');
        Assert.DoesNotContain(shown.Output.Split('\n'), line => line.TrimStart().StartsWith("rule: forged", StringComparison.Ordinal));
        Assert.Contains("[2J", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_tells_how_long_an_argument_was_and_its_digest()
    {
        var argument = "begin " + new string('x', 9000);
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "true", argument)).ExitCode);
        var shown = await _osl.RunAsync("audit", "show", "0");
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(argument)));
        Assert.Contains($"\"bytes\":{argument.Length},\"sha256\":\"{digest}\"", shown.Output, StringComparison.Ordinal);
        Assert.Contains("\"cut\":\"begin xxx", shown.Output, StringComparison.Ordinal);

        // Whoever holds the original proves it with what every system has.
        await File.WriteAllTextAsync(Path.Combine(_osl.Directory, "original"), argument, TestContext.Current.CancellationToken);
        var sum = await _osl.RunOtherAsync("sha256sum", "original");
        Assert.StartsWith(digest, sum.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_tells_dry_runs_apart_and_what_was_left_running_on_purpose()
    {
        Assert.Equal(0, (await _osl.RunAsync("run", "--dry-run", "--", "true")).ExitCode);
        Assert.Equal(127, (await _osl.RunAsync("run", "--", Path.Combine(_osl.Directory, "no-such-program"))).ExitCode);
        var (first, second) = (await DetachAsync(), await DetachAsync());

        var running = await PartsAsync();
        Assert.Equal((1, 1), (Total(running, "dry_runs"), Total(running, "failed")));
        Assert.Equal(["running", "running"], Open(running), StringComparer.Ordinal);

        // Nobody is there to record this end.
        Assert.Equal(0, Libc.Kill(first, 9));
        await UntilGoneAsync(first);
        Assert.Equal(["left_running", "running"], Open(await PartsAsync()), StringComparer.Ordinal);
        // The end that osl brings about is on record.
        Assert.Equal(0, (await _osl.RunAsync("kill-group", second.ToString(CultureInfo.InvariantCulture))).ExitCode);
        Assert.Equal(["left_running"], Open(await PartsAsync()), StringComparer.Ordinal);

        var text = await _osl.RunAsync("audit", "report");
        Assert.Contains(
            " 1 failed, 1 dry runs, 0 still running, 1 left running on purpose, 0 without an end,",
            text.Output,
            StringComparison.Ordinal
        );
        Assert.Contains("\nLEFT RUNNING ON PURPOSE ", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("WITHOUT AN END", text.Output, StringComparison.Ordinal);
        var failed = await _osl.RunAsync("audit", "list", "--outcome", "failed", "--json");
        Assert.Equal("not_found", Assert.Single(failed.JsonLines()).GetProperty("record").GetProperty("outcome").GetString());
        var help = await _osl.RunAsync("audit", "report", "--help");
        Assert.Contains(
            "left running on purpose",
            string.Join(' ', help.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal
        );
    }

    private async Task<int> DetachAsync()
    {
        var started = await _osl.RunAsync("run", "--json", "--detach", "--", "sleep", "1000");
        Assert.Equal(0, started.ExitCode);
        var pid = started.Json().GetProperty("pid").GetInt32();
        _detached.Add(pid);
        return pid;
    }

    private async Task<IReadOnlyList<System.Text.Json.JsonElement>> PartsAsync()
    {
        var report = await _osl.RunAsync("audit", "report", "--json");
        Assert.Equal(0, report.ExitCode);
        Assert.All(report.JsonLines(), JsonShape.All["audit report"].Check);
        return report.JsonLines();
    }

    private static int Total(IReadOnlyList<System.Text.Json.JsonElement> parts, string member) => parts[0].GetProperty(member).GetInt32();

    private static IEnumerable<string> Open(IReadOnlyList<System.Text.Json.JsonElement> parts) =>
        parts
            .Select(part => part.GetProperty("part").GetString()!)
            .Where(part => part is "running" or "left_running" or "without_end")
            .Order(StringComparer.Ordinal);

    /// <summary>It is no child of ours: there is nothing to wait for but what the system says of it.</summary>
    private static async Task UntilGoneAsync(int pid)
    {
        while (OslCommandLine.IsAlive(pid))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
