using System.Globalization;
using System.Runtime.Versioning;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Who is started is held together at least as was asked for, and ended with the rest.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ContainmentTests : LinuxExecutorTest
{
    /// <summary>Five generations of two each, in sessions of their own: 62 in all.</summary>
    private const string Bomb = """
        [ "$1" = 0 ] || { setsid sh -c "$0" "$0" $(($1 - 1)) & setsid sh -c "$0" "$0" $(($1 - 1)) & }
        [ "$1" != 5 ] || echo ready
        sleep 1000
        """;

    private static readonly SpawnProcessOperation InCgroup = new("/bin/sh") { Containment = Containment.Cgroup };
    private static readonly SpawnProcessOperation InNamespace = new("/bin/sh") { Containment = Containment.PidNamespace };

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_cgroup_ends_who_has_left_the_group_the_session_and_the_environment()
    {
        NeedsCgroup();
        await EndsEverybodyAsync(InCgroup, ["-c", LeaveScript("5")]);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_pid_namespace_ends_them_too()
    {
        NeedsRoot();
        await EndsEverybodyAsync(InNamespace, ["-c", LeaveScript("5")]);
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(Containment.Cgroup)]
    [InlineData(Containment.PidNamespace)]
    public async Task A_fork_bomb_is_ended(Containment containment)
    {
        NeedsCgroup();
        await EndsEverybodyAsync(InCgroup with { Containment = containment }, ["-c", Bomb, Bomb, "5"], least: 1);
    }

    [Fact]
    public async Task A_group_only_names_them()
    {
        var launched = Launch("/bin/sh", ["-c", "setsid sleep 1000 & echo $!; exec sleep 1000"], output: StandardOutputConfig.Pipe);
        var escaped = int.Parse(await ReadLine(launched.StandardOutput!), CultureInfo.InvariantCulture);
        await Until.TrueAsync(() => Libc.GetPgid(escaped) == escaped);
        using (var group = HoldGroup(launched))
        {
            Assert.DoesNotContain(group.Members(), member => member.Process.Pid == escaped);
        }

        var named = Assert.Single(Executor.Escaped(launched.Group!));
        Assert.Equal(escaped, named.Pid);
        using var held = Executor.Hold(new ProcessTarget(named.Pid, named)).OrThrow();
        Assert.Null(held.Signal(Signal.Kill));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_cgroup_outlives_its_leader_and_goes_with_the_last()
    {
        NeedsCgroup();
        var launched = Start(InCgroup, ["-c", "exec 3<&0; setsid sh -c 'echo $$; read line <&3' & exec true"], StandardInputKind.Pipe);
        var last = int.Parse(await ReadLine(launched.StandardOutput!), CultureInfo.InvariantCulture);
        await launched.Exited;
        var place = CgroupTree.Of(last);

        Assert.EndsWith(CgroupTree.NameOf(launched.Group!.Operation), place, StringComparison.Ordinal);
        Assert.False(launched.GroupEnded.IsCompleted);
        using (var group = HoldGroup(launched))
        {
            Assert.Equal(last, Assert.Single(group.Members(), member => member.IsAlive).Process.Pid);
            Assert.Null(group.Signal(Signal.Kill));
        }

        await launched.GroupEnded;
        Assert.False(Directory.Exists(place));
        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task In_a_pid_namespace_it_is_the_first_and_sees_only_its_own()
    {
        NeedsRoot();
        var before = await File.ReadAllTextAsync("/proc/self/mountinfo", Cancelled);
        var launched = Start(InNamespace, ["-c", "echo $$; echo /proc/[0-9]*; echo $OSL_OPERATION"]);
        Assert.Equal("1", await ReadLine(launched.StandardOutput!));
        Assert.Equal("/proc/1", await ReadLine(launched.StandardOutput!));
        Assert.Equal(launched.Group!.Operation.ToString(), await ReadLine(launched.StandardOutput!));
        Assert.True((await launched.Exited).Status!.IsSuccess);
        Assert.Equal(before, await File.ReadAllTextAsync("/proc/self/mountinfo", Cancelled));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_polite_signal_ends_the_first_of_a_namespace_as_it_would_any_other()
    {
        NeedsRoot();
        var plain = Start(InNamespace, ["-c", "echo ready; exec sleep 1000"]);
        Assert.Equal("ready", await ReadLine(plain.StandardOutput!));
        var polite = Start(InNamespace, ["-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"]);
        Assert.Equal("ready", await ReadLine(polite.StandardOutput!));
        foreach (var launched in (LaunchedProcess[])[plain, polite])
        {
            using var group = HoldGroup(launched);
            Assert.Null(group.Signal(Signal.Terminate));
        }

        Assert.Equal("KILL", (await plain.Exited).Status!.Signal?.Name);
        Assert.Equal(7, (await polite.Exited).Status!.ExitCode);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Another_account_in_a_namespace_with_limits()
    {
        NeedsRoot();
        var context = InNamespace with
        {
            RunAs = new RunAs("nobody"),
            Limits = new ResourceLimits { OpenFiles = 50 },
        };
        var launched = Start(context, ["-c", "echo $$ $(id -u) $(ulimit -n)"]);
        Assert.Equal("1 65534 50", await ReadLine(launched.StandardOutput!));
        await launched.Exited;
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Processes_and_memory_of_a_group_are_limited_where_a_controller_is_there()
    {
        NeedsCgroup();
        Assert.SkipUnless(
            CgroupTree.OwnOfVersion1("pids") is not null && CgroupTree.OwnOfVersion1("memory") is not null,
            "No controllers of version 1 here; version 2 wants a host in a delegated group."
        );
        var few = Start(
            new("/bin/sh") { Limits = new ResourceLimits { Processes = 2 } },
            ["-c", "(sleep 0; (sleep 0; true); true); echo $?"]
        );
        Assert.NotEqual("0", await ReadLine(few.StandardOutput!), StringComparer.Ordinal);
        await few.Exited;

        var small = Start(
            new("/bin/sh") { Limits = new ResourceLimits { MemoryBytes = 32 << 20 } },
            ["-c", "head -c 200000000 /dev/zero | tail -c 150000000 > /dev/null; echo $?"]
        );
        Assert.NotEqual("0", await ReadLine(small.StandardOutput!), StringComparer.Ordinal);
        await small.Exited;
        await small.GroupEnded;
        Assert.False(Directory.Exists($"{CgroupTree.OwnOfVersion1("memory")}/{CgroupTree.NameOf(small.Group!.Operation)}"));
    }

    [Fact]
    [Trait("Needs", "an ordinary user")]
    public void Who_may_not_is_told_what_would_help()
    {
        Assert.SkipWhen(Libc.GetEuid() == 0, "Root may.");
        Assert.Contains("CAP_SYS_ADMIN", Assert.IsType<PermissionRefused>(Try(InNamespace)).Message, StringComparison.Ordinal);
        var limited = InCgroup with
        {
            Containment = Containment.None,
            Limits = new ResourceLimits { Processes = 5 },
        };
        Assert.Contains("Delegate=yes", Try(InCgroup).Remedy, StringComparison.Ordinal);
        Assert.NotEmpty(Try(limited).Remedy);
        Assert.Equal(0, Registry.Open);
    }

    private static void NeedsRoot() => Assert.SkipUnless(Libc.GetEuid() == 0, "A pid namespace needs root.");

    private static void NeedsCgroup() =>
        Assert.SkipUnless(Libc.GetEuid() == 0 && CgroupTree.Own() is not null, "A cgroup needs root, or a delegated group.");

    private static string LeaveScript(string count) =>
        $$"""
            fifo=$(mktemp -u); mkfifo "$fifo"
            sleep 1000 & echo x > "$fifo" &
            setsid sh -c 'echo x > "$1"; exec sleep 1000' sh "$fifo" &
            (setsid sh -c 'env -i sh -c "echo x > $1; exec sleep 1000" & env -i setsid sh -c "echo x > $1; exec sleep 1000" &' sh "$fifo" &)
            (env -i setsid sh -c 'echo x > "$1"; exec sleep 1000' sh "$fifo" &)
            n=0; { while [ $n -lt {{count}} ] && read -r x; do n=$((n + 1)); done; } <> "$fifo"
            rm "$fifo"; echo ready; exec sleep 1000
            """;

    private OperationError Try(SpawnProcessOperation context) => TryLaunch("/bin/true", context: context).AsT1;

    private LaunchedProcess Start(SpawnProcessOperation context, string[] arguments, StandardInputKind input = StandardInputKind.Null) =>
        TryLaunch("/bin/sh", arguments, input, StandardOutputConfig.Pipe, context: context).OrThrow();

    private async Task EndsEverybodyAsync(SpawnProcessOperation context, string[] arguments, int least = 6)
    {
        var launched = Start(context, arguments);
        Assert.Equal("ready", await ReadLine(launched.StandardOutput!));
        List<ProcessRef> members;
        using (var group = HoldGroup(launched))
        {
            members = [.. group.Members().Where(member => member.IsAlive).Select(member => member.Process)];
            Assert.True(members.Count >= least, $"{members.Count} members");
            var empty = group.WaitUntilEmptyAsync(Cancelled);
            Assert.Null(group.Signal(Signal.Kill));
            await empty;
        }

        await launched.Exited;
        await launched.GroupEnded;
        Assert.Empty(Executor.Escaped(launched.Group!));
        Assert.All(members, member => Assert.False(Executor.Read(member) is { IsAlive: true }));
        Assert.Equal(0, Registry.Open);
    }
}
