using System.Diagnostics;
using System.Globalization;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Whose a process is when its environment does not say so any more, or when it has just ended.</summary>
public sealed class WhoseProcessTests : IAsyncDisposable
{
    /// <summary>Says its pid when it runs without the marker; its leader ends.</summary>
    private const string Unmarked = "env -i sh -c 'echo $$; exec sleep 1000 >/dev/null 2>&1' & exit 0";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-whose-");
    private readonly OslHost _host;

    public WhoseProcessTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Markers are looked for on Linux only.");
        _host = OslHost.Create(options =>
            options
                .UseAuditDirectory(Path.Combine(_directory.FullName, "audit"))
                .UseRegistryDirectory(Path.Combine(_directory.FullName, "registry"))
        );
    }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private static OperationContext Me => OperationContext.Current;

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_group_that_its_host_follows_is_its_own_whatever_is_in_its_members_environments()
    {
        var (started, member) = await StartUnmarkedAsync();

        var denied = await _host.ExecuteAsync(
            new KillProcessGroupOperation(started.Group!),
            new OperationContext(new Principal("somebody-else")),
            Test
        );
        var stopped = await _host.ExecuteAsync(new KillProcessGroupOperation(started.Group!), Me, Test).OrThrow();

        Assert.IsType<Denied>(denied.AsT1);
        Assert.Equal(1, stopped.Ended);
        Assert.False(IsAlive(member));
    }

    [Fact]
    public async Task So_is_a_single_member_of_it()
    {
        var (_, member) = await StartUnmarkedAsync();

        var stopped = await _host.ExecuteAsync(new KillProcessOperation(member), Me, Test).OrThrow();

        Assert.Equal(1, stopped.Ended);
        Assert.False(IsAlive(member));
    }

    [Fact]
    public async Task A_strangers_process_that_has_ended_is_not_found_rather_than_denied()
    {
        // Its parent, which execs, never waits for it.
        using var parent = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "true & echo $!; exec sleep 1000"])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        try
        {
            var zombie = Number(await parent.StandardOutput.ReadLineAsync(Test));
            await Until.TrueAsync(() => !IsAlive(zombie));
            var killed = await _host.ExecuteAsync(new KillProcessOperation(zombie), Me, Test);
            var signalled = await _host.ExecuteAsync(new ProcessSignalOperation(zombie, Signal.Terminate), Me, Test);
            var alive = await _host.ExecuteAsync(new KillProcessOperation(parent.Id), Me, Test);

            Assert.Equal(MissingThing.Process, Assert.IsType<NotFound>(killed.AsT1).Thing);
            Assert.IsType<NotFound>(signalled.AsT1);
            Assert.IsType<Denied>(alive.AsT1);
        }
        finally
        {
            parent.Kill();
            await parent.WaitForExitAsync(Test);
        }
    }

    private async Task<(SpawnProcessResult Started, int Member)> StartUnmarkedAsync()
    {
        var started = await _host
            .ExecuteAsync(
                new SpawnProcessOperation("/bin/sh", ["-c", Unmarked]).WithNewProcessGroup().WithStandardOutput(StandardOutputConfig.Pipe),
                Me,
                Test
            )
            .OrThrow();
        using var reader = new StreamReader(started.Live.StandardOutput!);
        var member = Number(await reader.ReadLineAsync(Test));
        await started.Live.Exited.WaitAsync(Test);
        return (started, member);
    }

    private static int Number(string? text) => int.Parse(text!, NumberStyles.None, CultureInfo.InvariantCulture);

    private static bool IsAlive(int pid)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
