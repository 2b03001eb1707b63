using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Integration.Audit;

/// <summary>
/// A real writer, signing, whose system calls fail or never return: strace makes a write, a sync or a rename of the journal's files
/// fail, or kills the process as it makes it. OSL_FAULTS=all takes every place, where CI takes some.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class JournalFaultTests : IAsyncDisposable
{
    private const int SegmentSize = 12 * 1024;

    /// <summary>More than are ever written: strace wants them by name.</summary>
    private const int Segments = 24;

    private static readonly bool All = string.Equals(Environment.GetEnvironmentVariable("OSL_FAULTS"), "all", StringComparison.Ordinal);
    private static readonly SemaphoreSlim TwoAtOnce = new(2);

    private readonly string _root = Directory.CreateTempSubdirectory("osl-faults-").FullName;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return default;
    }

    [Theory]
    [InlineData("pwrite64", "EIO", 4)]
    [InlineData("pwrite64", "ENOSPC", 4)]
    [InlineData("fdatasync", "EIO", 4)]
    [InlineData("renameat2", "EIO", 2)]
    [InlineData("fsync", "EIO", 2)]
    public async Task Calls_that_fail_cost_no_acknowledged_record(string call, string error, int every)
    {
        Assert.SkipUnless(CanTrace, "strace is not here, or may not trace");
        // Every one in so many fails, beginning with each in turn: over the rounds, each of them does.
        var injected = await Task.WhenAll(
            Enumerable
                .Range(1, every)
                .Select(first => CheckAsync($"{call}-{error}-{first}", 120, $"{call}:error={error}:when={first}+{every}"))
        );
        Assert.True(injected.Sum() >= every, $"{injected.Sum()} calls failed");
    }

    [Theory]
    [InlineData("pwrite64", 28)]
    [InlineData("fdatasync", 12)]
    [InlineData("renameat2", 4)]
    [InlineData("fsync", 4)]
    public async Task Killed_as_it_makes_a_call_it_has_lost_nothing_that_was_acknowledged(string call, int times)
    {
        Assert.SkipUnless(CanTrace, "strace is not here, or may not trace");
        var places = Enumerable.Range(1, times).Where(n => All || n <= 4 || n % 6 == 0);
        var injected = await Task.WhenAll(places.Select(n => CheckAsync($"{call}-kill-{n}", 240, $"{call}:signal=SIGKILL:when={n}")));
        Assert.True(injected.Sum() == injected.Length, $"{injected.Sum()} of {injected.Length} were killed");
    }

    private static bool CanTrace
    {
        get
        {
            try
            {
                using var strace = Process.Start(
                    new ProcessStartInfo("strace", ["-o", "/dev/null", "true"]) { RedirectStandardError = true, UseShellExecute = false }
                )!;
                strace.WaitForExit();
                return strace.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }

    private async Task<int> CheckAsync(string name, int count, string inject)
    {
        await TwoAtOnce.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            var directory = Path.Combine(_root, name);
            var keys = directory + "-keys";
            var key = AuditKeys.Init(keys).OrThrow();
            // Something that is there before, so that it is not always the first segment.
            var acknowledged = await WriteAsync(directory, keys, 6, "before", null);
            Assert.Equal(6, acknowledged.Count);
            var trace = directory + ".trace";
            acknowledged.AddRange(await WriteAsync(directory, keys, count, "faults", inject, trace));

            // As it was left: nothing that was acknowledged is missing, and nothing is called tampered.
            var left = AuditVerifier.Verify(directory, new() { Key = key });
            Assert.True(
                left.Verdict is AuditVerdict.Clean or AuditVerdict.UnsignedTail or AuditVerdict.TornTail,
                $"{name}: {left.Verdict}\n{string.Join('\n', left.Journal.Findings)}"
            );
            AssertLogged(name, directory, acknowledged);

            // And after the next writer has repaired it.
            acknowledged.AddRange(await WriteAsync(directory, keys, 6, "after", null));
            var repaired = AuditVerifier.Verify(directory, new() { Key = key });
            Assert.True(
                repaired.Verdict == AuditVerdict.Clean,
                $"{name}: {repaired.Verdict}\n{string.Join('\n', repaired.Journal.Findings)}"
            );
            Assert.Contains(acknowledged, line => line.EndsWith(" after:5", StringComparison.Ordinal));
            AssertLogged(name, directory, acknowledged);
            var traced = await File.ReadAllLinesAsync(trace, TestContext.Current.CancellationToken);
            return inject.Contains("signal=", StringComparison.Ordinal)
                ? (traced.Any(line => line.Contains("killed by SIGKILL", StringComparison.Ordinal)) ? 1 : 0)
                : traced.Count(line => line.EndsWith("(INJECTED)", StringComparison.Ordinal));
        }
        finally
        {
            TwoAtOnce.Release();
        }
    }

    private static void AssertLogged(string name, string directory, List<string> acknowledged)
    {
        var logged = new AuditReader(directory)
            .Read()
            .Where(entry => entry.Problem is null)
            .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Index} {entry.Record!.Reason}"))
            .ToHashSet(StringComparer.Ordinal);
        Assert.True(
            acknowledged.TrueForAll(logged.Contains),
            $"{name} lost {string.Join(", ", acknowledged.Where(line => !logged.Contains(line)))}"
        );
    }

    /// <summary>What was acknowledged. With an injection by strace, into calls on the journal's own files only.</summary>
    private static async Task<List<string>> WriteAsync(
        string directory,
        string keys,
        int count,
        string tag,
        string? inject,
        string trace = ""
    )
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(
            output.Parent!.Parent!.Parent!.Parent!.FullName,
            "JournalWriter",
            "bin",
            output.Parent.Name,
            output.Name,
            "journalwriter"
        );
        string[] writer = [program, directory, $"{count}", tag, $"{SegmentSize}", keys];
        var start = new ProcessStartInfo(inject is null ? program : "strace")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] files =
        [
            directory,
            .. Enumerable.Range(0, Segments).Select(n => Path.Combine(directory, $"{n}.osl")),
            Path.Combine(directory, "LOCK"),
            Path.Combine(directory, "next.tmp"),
            Path.Combine(keys, "signed"),
        ];
        string[] arguments = inject is null
            ? writer[1..]
            :
            [
                "-f",
                "-o",
                trace,
                "-e",
                $"trace={inject.Split(':')[0]}",
                "-e",
                $"inject={inject}",
                .. files.SelectMany(file => new[] { "-P", file }),
                "--",
                .. writer,
            ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lines.Add(line);
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(inject is not null || process.ExitCode == 0, await error);
        return lines;
    }
}
