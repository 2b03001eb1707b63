using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Osl.Executors;
using Osl.Executors.Windows;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Windows;

/// <summary>What becomes of processes when the host is another, is killed, or starts many.</summary>
public sealed partial class HostTests : WindowsExecutorTest
{
    private static readonly string WindowsHost = Path.Join(AppContext.BaseDirectory, "registryhost.exe");

    [Theory]
    [InlineData("group")]
    [InlineData("inherit")]
    [InlineData("join")]
    public async Task When_the_host_is_killed_what_is_managed_ends_with_all_its_children(string placement)
    {
        var (host, pids) = await Host("managed", placement);
        var all = pids.Select(pid => (Pid: pid, Created: CreatedAt(pid))).ToArray();

        await Kill(host);

        foreach (var (pid, created) in all)
        {
            await Gone(pid, created);
        }
    }

    [Fact]
    public async Task What_is_detached_outlives_its_host_and_is_found_by_name()
    {
        var (host, pids) = await Host("detached", "group");
        var operation = OperationId.TryParse(await ReadLine(host.StandardOutput!), out var id) ? id : default;
        var leader = WindowsProcesses.Ref(pids[0], CreatedAt(pids[0]));

        await Kill(host);

        using var group = Executor.Hold((GroupTarget)new GroupRef(pids[0], leader, operation)).OrThrow();
        Assert.Contains(group.Members(), member => member.Process == leader);
        Assert.Null(group.Signal(Signal.Kill));
        await group.WaitUntilEmptyAsync(Cancelled);
        await Gone(leader.Pid, leader.StartTime);
    }

    [Fact]
    public async Task A_group_of_another_host_is_held_by_its_job_and_ended()
    {
        var (host, pids) = await Host("managed", "group");
        var operation = OperationId.TryParse(await ReadLine(host.StandardOutput!), out var id) ? id : default;
        var leader = WindowsProcesses.Ref(pids[0], CreatedAt(pids[0]));

        using var group = Executor.Hold((GroupTarget)new GroupRef(pids[0], leader, operation)).OrThrow();
        Assert.Equal(pids.Order(), group.Members().Select(member => member.Process.Pid).Order());
        var ended = group.WaitUntilEmptyAsync(Cancelled);
        Assert.Null(group.Signal(Signal.Kill));

        Assert.Equal(pids.Length, await ended);
        Assert.False(host.Exited.IsCompleted);
    }

    [Fact]
    public async Task A_host_does_not_signal_the_group_it_is_in_though_nobody_knows_its_number()
    {
        var leader = await Ready("ready");
        using var group = HoldGroup(leader);
        var (host, _) = await Host("managed", "group", group);
        _ = await ReadLine(host.StandardOutput!);
        var named = $"group {leader.Pgid} {leader.Process.StartTime} {leader.Group!.Operation}";

        foreach (var signal in (string[])["TERM", "CONT", "KILL"])
        {
            Assert.StartsWith("Denied ", await Told(host, $"{named} {signal}"), StringComparison.Ordinal);
        }

        Assert.False(leader.Exited.IsCompleted);
    }

    [Fact]
    public async Task A_process_that_leads_nobody_at_the_hosts_console_is_not_asked_to_end()
    {
        // The host has a console of its own, made for it, which its child shares and leads a group of; the child's child leads none.
        var (host, pids) = await Host("managed", "group");
        _ = await ReadLine(host.StandardOutput!);

        var answer = await Told(host, $"process {pids[1]} TERM");

        Assert.StartsWith("Unsupported ", answer, StringComparison.Ordinal);
        // The host is asked again: it has heard nothing, and neither has the leader.
        Assert.Equal("sent", await Told(host, $"process {pids[1]} CONT"));
        Assert.Equal("sent", await Told(host, $"process {pids[0]} CONT"));
    }

    [Fact]
    [Trait("Needs", "real Windows")]
    public async Task A_group_at_the_hosts_console_is_asked_to_end_and_the_host_is_not()
    {
        Assert.SkipWhen(Wine.IsHere, "real Windows only: Wine has no Ctrl-Break");
        var (host, pids) = await Host("managed", "group");
        var operation = await ReadLine(host.StandardOutput!);
        var all = pids.Select(pid => (Pid: pid, Created: CreatedAt(pid))).ToArray();

        Assert.Equal("sent", await Told(host, $"group {all[0].Pid} {all[0].Created} {operation} TERM"));

        foreach (var (pid, created) in all)
        {
            await Gone(pid, created);
        }

        var beside = await Ready("ready");
        Assert.Equal("sent", await Told(host, $"process {beside.Process.Pid} CONT"));
    }

    [Fact]
    public async Task A_handle_of_the_host_does_not_reach_the_child()
    {
        using var file = new FileStream(
            Path.GetTempFileName(),
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite,
            1,
            FileOptions.DeleteOnClose
        );
        var number = file.SafeFileHandle.DangerousGetHandle();
        Assert.NotEqual(0, SetHandleInformation(number, 1, 1));

        // A number that is in use in every process would say nothing.
        var output = await OutputOf(["handle", number.ToString(CultureInfo.InvariantCulture)]);
        var launched = TryLaunch(TestChild, ["handle", "999996"], output: StandardOutputConfig.Capture()).OrThrow();

        Assert.Equal("none", (await launched.OutputEnded).Output.Text.Trim());
        Assert.Equal("none", output.Trim());
    }

    [Fact]
    public async Task Many_at_once_leave_no_handle()
    {
        const int Total = 200;
        const int AtOnce = 16;
        await Run(Total / 10, AtOnce);
        var before = Handles();

        await Run(Total, AtOnce);

        // The runtime's own pools grow by a few threads; a leak would be one a launch or more.
        Assert.InRange((int)Handles() - (int)before, int.MinValue, Total / 2);
        Assert.Equal(0, Registry.Open);
    }

    private async Task Run(int total, int atOnce) =>
        await Parallel.ForEachAsync(
            Enumerable.Range(0, total),
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = Cancelled },
            async (i, _) =>
            {
                var launched = TryLaunch("cmd", ["/d", "/c", $"exit {i % 256}"], output: StandardOutputConfig.Capture()).OrThrow();
                Assert.Equal(i % 256, (await launched.Exited).Status!.ExitCode);
                await launched.OutputEnded;
                await launched.GroupEnded;
            }
        );

    private static uint Handles()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.NotEqual(0, GetProcessHandleCount(-1, out var count));
        return count;
    }

    /// <summary>Another host that has started a program with a child; their pids.</summary>
    private async Task<(LaunchedProcess Host, int[] Pids)> Host(string lifetime, string placement, GroupLease? join = null)
    {
        var host = TryLaunch(
                WindowsHost,
                ["windows", lifetime, placement, TestChild],
                StandardInputKind.Pipe,
                StandardOutputConfig.Pipe,
                placement: join is null ? ProcessGroupPlacement.NewGroup : ProcessGroupPlacement.JoinGroup,
                join: join
            )
            .OrThrow();
        var line = await ReadLine(host.StandardOutput!);
        Assert.StartsWith("pids ", line, StringComparison.Ordinal);
        return (host, [.. line.Split(' ').Skip(1).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))]);
    }

    private static async Task<string> Told(LaunchedProcess host, string line)
    {
        await host.StandardInput!.WriteAsync(Encoding.ASCII.GetBytes(line + "\n"), Cancelled);
        await host.StandardInput.FlushAsync(Cancelled);
        return await ReadLine(host.StandardOutput!);
    }

    /// <summary>The host alone, as a crash would: its own job is ours and stays.</summary>
    private async Task Kill(LaunchedProcess host)
    {
        using (var held = Executor.Hold((ProcessTarget)host.Process).OrThrow())
        {
            Assert.Null(held.Signal(Signal.Kill));
        }

        await host.Exited;
    }

    [LibraryImport("kernel32.dll", EntryPoint = "SetHandleInformation")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetHandleInformation(nint handle, uint mask, uint flags);

    [LibraryImport("kernel32.dll", EntryPoint = "GetProcessHandleCount")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetProcessHandleCount(nint process, out uint count);
}
