using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Run one by one by <see cref="OrphanTests"/>, each in a process of its own.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class InsideOrphanTests : LinuxExecutorTest
{
    private const int Rounds = 150;

    /// <summary>Two that lose their parent, one of them when it is a zombie already.</summary>
    private const string TwoOrphans = "sh -c 'exit 9' & (sleep 0.05; exit 8) & exit $0";

    [Fact(Explicit = true)]
    public async Task As_a_subreaper()
    {
        await using var host = Reaping();
        Assert.True(Subreaper.IsSet);
        Assert.True((await RunOurs(host, 1).Exited).Status is { ExitCode: 1 });

        await BesideTheFramework(host, exact: true);

        Assert.True(SignalDispositions.IsChildHandled());
        Done();
    }

    [Fact(Explicit = true)]
    public async Task As_long_as_it_is_wanted()
    {
        Assert.False(Subreaper.IsSet);
        await using (var host = Reaping())
        {
            await using (var other = Reaping())
            {
                Assert.True(Subreaper.IsSet);
            }

            Assert.True(Subreaper.IsSet);
        }

        Assert.False(Subreaper.IsSet);
        await using (var plain = new LinuxExecutor(new ExecutorOptions(), Registry))
        {
            Assert.False(Subreaper.IsSet);
        }

        Done();
    }

    [Fact(Explicit = true)]
    public async Task As_process_1()
    {
        Assert.Equal(1, Environment.ProcessId);
        await using var host = Reaping();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Ours(host, exact: true)));
        await NoZombies();
        // Nobody but us has reaped: the runtime has had no reason to look.
        Assert.False(SignalDispositions.IsChildHandled());
        Assert.Equal(0, Registry.Open);
        Done();
    }

    [Fact(Explicit = true)]
    public async Task As_process_1_beside_the_framework()
    {
        Assert.Equal(1, Environment.ProcessId);
        await using var host = Reaping();
        // The runtime reaps ours too; from Linux 6.15 their pidfds tell.
        await BesideTheFramework(host, exact: Environment.OSVersion.Version >= new Version(6, 15));
        Done();
    }

    private LinuxExecutor Reaping() => new(new ExecutorOptions { ReapsOrphans = true }, Registry);

    private async Task BesideTheFramework(LinuxExecutor host, bool exact)
    {
        await Task.WhenAll(
            Ours(host, exact),
            Ours(host, exact),
            Task.Run(() => Theirs(0), Cancelled),
            Task.Run(() => Theirs(100), Cancelled)
        );
        await NoZombies();
        Assert.Equal(0, Registry.Open);
    }

    private async Task Ours(LinuxExecutor host, bool exact)
    {
        var groups = new List<Task>();
        for (var i = 0; i < Rounds; i++)
        {
            var launched = RunOurs(host, i);
            groups.Add(launched.GroupEnded);
            var exit = await launched.Exited;
            Assert.True(exit.Status?.ExitCode == i % 200 || (!exact && exit.Status is null), $"{exit.Status} for {i}");
        }

        await Task.WhenAll(groups);
    }

    private LaunchedProcess RunOurs(LinuxExecutor host, int code) =>
        TryLaunch("/bin/sh", ["-c", TwoOrphans, $"{code % 200}"], executor: host).OrThrow();

    /// <summary>Some of its children are not waited for at once, and stay zombies if nobody reaps them.</summary>
    private static async Task Theirs(int from)
    {
        var late = new List<(Process Process, int Code)>();
        for (var i = from; i < from + Rounds; i++)
        {
            var process = Process.Start("/bin/sh", ["-c", TwoOrphans, $"{i % 200}"]);
            late.Add((process, i % 200));
            if (i % 10 == 0)
            {
                foreach (var (one, code) in late)
                {
                    await one.WaitForExitAsync(Cancelled);
                    Assert.Equal(code, one.ExitCode);
                    one.Dispose();
                }

                late.Clear();
                Assert.Throws<System.ComponentModel.Win32Exception>(() => Process.Start("/etc/passwd"));
            }
        }

        foreach (var (one, code) in late)
        {
            await one.WaitForExitAsync(Cancelled);
            Assert.Equal(code, one.ExitCode);
            one.Dispose();
        }
    }

    /// <summary>Until all orphans have come and gone; the test's own limit ends it.</summary>
    private static Task NoZombies() => Until.TrueAsync(() => ChildList.Read().Count == 0);

    private static void Done([CallerMemberName] string test = "") =>
        File.WriteAllText(Environment.GetEnvironmentVariable(InsideHostTests.ReportVariable)!, test);
}
