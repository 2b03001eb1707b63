using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Hosting;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Osl.Security.Audit;
using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Hosting;

/// <summary>A host that is killed: nothing Managed is left, and the journal tells of all that ran.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KilledHostTests : IAsyncDisposable
{
    private const int Kills = 50;

    private readonly string _directory = Directory.CreateTempSubdirectory("osl-killed-").FullName;

    private readonly LinuxExecutor _watcher = new(new ExecutorOptions(), new MemoryRegistry());

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private string Audit => Path.Combine(_directory, "audit");

    [Fact]
    public async Task Killed_fifty_times_it_leaves_nothing_and_every_intent_of_what_ran()
    {
        var random = new Random(20261121);
        for (var kill = 0; kill < Kills; kill++)
        {
            await KillAsync(linesBefore: random.Next(1, 12));
        }

        var ran = (await File.ReadAllLinesAsync(Path.Combine(_directory, "ran"), Test))
            .Where(line => line.Length == 32)
            .ToHashSet(StringComparer.Ordinal);
        Assert.True(ran.Count > Kills, $"{ran.Count} ran");
        Assert.DoesNotContain(ProcFs.Pids(), pid => ran.Any(id => Carries(pid, id)));
        Assert.NotEqual(JournalVerdict.Damaged, JournalVerifier.Verify(Audit).Verdict);

        // Recovered: the next host appends to the same log, and its registry is empty.
        await using (var next = OslHost.Create(o => o.UseAuditDirectory(Audit).UseRegistryDirectory(Path.Combine(_directory, "registry"))))
        {
            Assert.Empty(next.Registry.Live());
            Assert.True((await next.RunAsync("/bin/true", default, Test).OrThrow()).ExitStatus.IsSuccess);
        }

        Assert.Equal(JournalVerdict.Clean, JournalVerifier.Verify(Audit).Verdict);
        var intents = new AuditReader(Audit)
            .Read()
            .Where(entry => entry.Record is { Type: AuditRecordType.Intent })
            .Select(entry => entry.Record!.Operation!.Value.ToString())
            .ToHashSet(StringComparer.Ordinal);
        Assert.Empty(ran.Except(intents, StringComparer.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _watcher.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task KillAsync(int linesBefore)
    {
        using var host = Process.Start(
            new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "spawnhost"), ["endless", _directory])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        try
        {
            for (var line = 0; line < linesBefore; line++)
            {
                Assert.NotNull(await host.StandardOutput.ReadLineAsync(Test));
            }

            // Held before the kill: by its pid alone it could not be told from another process afterwards.
            using var guardian = _watcher.Hold(new ProcessTarget(GuardianOf(host.Id))).OrThrow();
            host.Kill();
            await host.WaitForExitAsync(Test);
            // It ends when it has ended everything else.
            await guardian.WaitForExitAsync(Test);
        }
        finally
        {
            // It would start processes without end.
            if (!host.HasExited)
            {
                host.Kill();
            }
        }
    }

    /// <summary>The one child of the host that carries no marker and leads a session.</summary>
    private static int GuardianOf(int host) =>
        ProcFs
            .Pids()
            .Single(pid =>
                ProcFs.TryReadStat(pid, out var stat)
                && stat.ParentPid == host
                && stat.Session == pid
                && !File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"))
                    .Split('\0')
                    .Any(entry => entry.StartsWith($"{OperationId.MarkerVariable}=", StringComparison.Ordinal))
            );

    private static bool Carries(int pid, string operation) =>
        ProcFs.HasEnvironmentEntry(pid, System.Text.Encoding.ASCII.GetBytes($"{OperationId.MarkerVariable}={operation}"))
        && ProcFs.TryReadStat(pid, out var stat)
        && stat.IsAlive;
}
