using System.Diagnostics;
using System.Globalization;
using Osl.Interop.Linux;
using Xunit;

namespace Osl.Tests.Integration.Registry;

/// <summary>What is left when a host is killed. The guardian's own end is the event that is waited for.</summary>
public sealed class GuardianTests : IDisposable
{
    private readonly PrivateDirectory _directory = new();

    public GuardianTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_managed_outlives_a_killed_host(bool inMemory)
    {
        using var host = HostProcess.Start(inMemory ? "-" : _directory.Path);
        using var guardian = new Held(host.Reserve("first", "managed own"));
        using var group = host.Start("first", "sleep 3600 & sleep 3600 & echo up; wait");
        _ = host.Ask("started first");
        using var single = host.Launch("second", "managed shared", "echo up; exec sleep 3600");

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.False(group.IsAlive);
        Assert.False(single.IsAlive);
        Assert.Empty(host.Living());
    }

    [Fact]
    public void Who_left_the_group_is_ended_by_the_marker()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var guardian = new Held(host.Reserve("a", "managed own"));
        using var leader = host.Start("a", "setsid sh -c 'setsid sleep 3600 & sleep 3600' & echo up; wait");
        _ = host.Ask("started a");

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.Empty(host.Living());
    }

    [Fact]
    public void Members_whose_leader_is_gone_are_ended_by_the_marker()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var guardian = new Held(host.Reserve("a", "managed own"));
        using var leader = host.Start("a", "sleep 3600 & sleep 3600 & echo up; read go; exit 0");
        _ = host.Ask("started a");
        leader.End();
        Assert.NotEmpty(host.Living());

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.Empty(host.Living());
    }

    [Fact]
    public void What_was_prepared_and_never_said_to_have_started_is_ended()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var guardian = new Held(host.Reserve("a", "managed own"));
        using var leader = host.Start("a", "setsid sleep 3600 & echo up; exec sleep 3600");

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.False(leader.IsAlive);
        Assert.Empty(host.Living());
    }

    [Fact]
    public void What_was_released_lives_on_and_is_listed()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var guardian = new Held(host.Reserve("r", "managed own"));
        using var released = host.Start("r", "sleep 3600 & echo up; wait");
        _ = host.Ask("started r");
        using var managed = host.Launch("m", "managed own", "echo up; exec sleep 3600");
        Assert.Equal("ok", host.Ask("released r"));

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.False(managed.IsAlive);
        Assert.True(released.IsAlive);
        Assert.Equal(2, host.Living().Count);
        using var next = HostProcess.Start(_directory.Path);
        Assert.Contains($"{released.Pid}:{released.Pid}:Detached:{host.Pid}", next.Ask("live"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Detached_lives_on(bool saidStarted)
    {
        using var host = HostProcess.Start(_directory.Path);
        Assert.Equal(0, host.Reserve("d", "detached own"));
        using var detached = host.Start("d", "sleep 3600 & echo up; wait");
        _ = saidStarted ? host.Ask("started d") : "";
        using var guardian = new Held(host.Reserve("m", "managed own"));
        using var managed = host.Start("m", "echo up; exec sleep 3600");
        _ = host.Ask("started m");

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.False(managed.IsAlive);
        Assert.True(detached.IsAlive);
        Assert.Equal(2, host.Living().Count);
    }

    [Fact]
    public void Foreign_processes_are_not_touched()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var guardian = new Held(host.Reserve("a", "managed own"));
        var operation = host.Ask("reserve b managed own").Split(' ')[1];
        _ = host.Reserve("c", "managed shared");
        using var other = new Foreign("OSL_OPERATION", "0123456789abcdef0123456789abcdef");
        using var longer = new Foreign("OSL_OPERATION", operation + "0");
        using var similar = new Foreign("XOSL_OPERATION", operation);
        using var inText = new Foreign("NOTE", $"OSL_OPERATION={operation}");
        using var reusedGroup = new Foreign("NOTE", "its number led another group before", leadsGroup: true);
        using var reusedPid = new Foreign("NOTE", "its number was another's before");
        Assert.Equal("ok", host.Ask(Claim("b", reusedGroup)));
        Assert.Equal("ok", host.Ask(Claim("c", reusedPid)));

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.All([other, longer, similar, inText, reusedGroup, reusedPid], foreign => Assert.True(foreign.Process.IsAlive));
    }

    [Fact]
    public void The_same_claims_with_the_right_start_time_are_acted_on()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var guardian = new Held(host.Reserve("b", "managed own"));
        _ = host.Reserve("c", "managed shared");
        using var group = new Foreign("NOTE", "no marker", leadsGroup: true);
        using var single = new Foreign("NOTE", "no marker");
        _ = host.Ask(Claim("b", group, later: 0));
        _ = host.Ask(Claim("c", single, later: 0));

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.False(group.Process.IsAlive);
        Assert.False(single.Process.IsAlive);
    }

    [Fact]
    public void Signals_to_the_hosts_group_and_to_the_guardian_itself_do_not_stop_it()
    {
        using var host = HostProcess.StartApart(_directory.Path);
        using var guardian = new Held(host.Reserve("a", "managed own"));
        using var child = host.Start("a", "echo up; exec sleep 3600");
        _ = host.Ask("started a");
        Assert.NotEqual(host.Pid, guardian.Stat.Session);
        Assert.Equal(guardian.Pid, guardian.Stat.Pgid);
        foreach (var signal in new[] { Libc.SIGHUP, Libc.SIGINT, Libc.SIGQUIT, Libc.SIGTERM })
        {
            guardian.Send(signal);
        }

        Assert.Equal(guardian.Pid, host.Reserve("b", "managed own"));
        Assert.Equal(0, Signals.Kill(-host.Pid, Libc.SIGINT));
        host.WaitForExit();
        guardian.WaitUntilEnded();

        Assert.False(child.IsAlive);
        Assert.Empty(host.Living());
    }

    [Fact]
    public void A_killed_guardian_is_replaced_at_the_next_reserve_and_the_new_one_covers_all()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var first = new Held(host.Reserve("a", "managed own"));
        using var before = host.Start("a", "echo up; exec sleep 3600");
        _ = host.Ask("started a");
        first.End();

        using var second = new Held(host.Reserve("b", "managed own"));
        Assert.NotEqual(first.Pid, second.Pid);
        using var after = host.Start("b", "echo up; exec sleep 3600");
        _ = host.Ask("started b");
        host.Kill();
        second.WaitUntilEnded();

        Assert.False(before.IsAlive);
        Assert.False(after.IsAlive);
    }

    [Fact]
    public void A_guardian_that_is_killed_while_it_is_watched_is_followed_by_another_which_covers_all()
    {
        using var host = HostProcess.Start(_directory.Path);
        Assert.Equal("ok", host.Ask("watch"));
        using var first = new Held(host.Reserve("a", "managed own"));
        using var child = host.Start("a", "setsid sleep 3600 & echo up; exec sleep 3600");
        _ = host.Ask("started a");
        var lost = first;
        // The second is lost soon after the first: there the pause comes in.
        for (var losses = 0; losses < 3; losses++)
        {
            lost.End();
            var words = host.Ask("lost").Split(' ');
            Assert.Equal(["lost", $"{lost.Pid}"], words[..2], StringComparer.Ordinal);
            lost = new Held(int.Parse(words[2], CultureInfo.InvariantCulture));
        }

        Assert.True(child.IsAlive);
        host.Kill();
        lost.WaitUntilEnded();

        Assert.False(child.IsAlive);
        Assert.Empty(host.Living());
    }

    [Fact]
    public void A_lost_guardian_is_not_followed_while_nothing_managed_lives()
    {
        using var host = HostProcess.Start(_directory.Path);
        Assert.Equal("ok", host.Ask("watch"));
        using var guardian = new Held(host.Reserve("a", "managed own"));
        Assert.Equal("ok", host.Ask("ended a"));

        guardian.End();

        Assert.Equal($"lost {guardian.Pid} 0", host.Ask("lost"));
        using var next = new Held(host.Reserve("b", "managed own"));
        Assert.NotEqual(guardian.Pid, next.Pid);
        Assert.Equal("ok", host.Ask("dispose"));
        Assert.False(next.IsAlive);
    }

    [Fact]
    public void An_ended_entry_is_not_acted_on()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var guardian = new Held(host.Reserve("a", "managed own"));
        using var child = host.Start("a", "echo up; exec sleep 3600");
        _ = host.Ask("started a");
        _ = host.Ask("ended a");

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.True(child.IsAlive);
    }

    [Fact]
    public void A_disposed_host_waits_for_its_guardian_and_leaves_no_file()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var guardian = new Held(host.Reserve("a", "managed own"));
        using var child = host.Start("a", "setsid sleep 3600 & echo up; exec sleep 3600");
        _ = host.Ask("started a");

        Assert.Equal("ok", host.Ask("dispose"));

        Assert.False(guardian.IsAlive);
        Assert.False(child.IsAlive);
        Assert.Empty(host.Living());
        Assert.Empty(_directory.SlotFiles);
    }

    [Fact]
    public void Who_gets_no_process_ends_groups_all_the_same_and_the_rest_when_it_gets_one()
    {
        var isRoot = Environment.UserName is "root";
        Assert.Equal(0, isRoot ? Signals.Chown(_directory.Path, 65534, 65534) : 0);
        using var host = isRoot ? HostProcess.StartAsNobody(_directory.Path) : HostProcess.Start(_directory.Path);
        var number = host.Reserve("a", "managed own");
        using var guardian = new Held(number);
        using var group = host.Start("a", "setsid sleep 3600 & sleep 3600 & echo up; wait");
        _ = host.Ask("started a");
        // Of the guardian alone: what its account runs is more than none, and nobody else is kept from anything.
        LimitProcesses("0");

        host.Kill();
        group.WaitUntilEnded();
        // The rest of the group dies with its leader, a moment apart; who has left it can't be found without a process.
        while (host.Living().Count > 1)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Thread.Yield();
        }

        Assert.True(guardian.IsAlive);
        Assert.Single(host.Living());
        LimitProcesses("4096");

        guardian.WaitUntilEnded();
        Assert.Empty(host.Living());

        void LimitProcesses(string most)
        {
            // The limits of another account's process need a privilege that root may lack in a container.
            string[] asItsAccount = isRoot ? ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : [];
            string[] command = [.. asItsAccount, "/usr/bin/prlimit", "--pid", $"{number}", $"--nproc={most}:"];
            using var limiting = Process.Start(command[0], command[1..]);
            limiting.WaitForExit();
            Assert.Equal(0, limiting.ExitCode);
        }
    }

    [Fact]
    public void Works_for_an_ordinary_user_too()
    {
        Assert.SkipUnless(Environment.UserName is "root", "Needs root to become somebody else.");
        Assert.Equal(0, Signals.Chown(_directory.Path, 65534, 65534));
        using var host = HostProcess.StartAsNobody(_directory.Path);
        using var guardian = new Held(host.Reserve("a", "managed own"));
        using var group = host.Start("a", "setsid sleep 3600 & sleep 3600 & echo up; wait");
        _ = host.Ask("started a");
        using var detached = host.Launch("d", "detached own", "echo up; exec sleep 3600");
        using var prepared = Prepared(host);

        host.Kill();
        guardian.WaitUntilEnded();

        Assert.False(group.IsAlive);
        Assert.False(prepared.IsAlive);
        Assert.Equal([detached.Pid], host.Living());
    }

    [Theory]
    [InlineData("/bin/sh")]
    [InlineData("/usr/bin/grep")]
    public void Without_a_guardian_nothing_managed_is_admitted(string broken)
    {
        Assert.SkipUnless(Environment.UserName is "root", "Needs root to mount.");
        using var host = HostProcess.StartWithBroken(broken, _directory.Path);

        Assert.StartsWith("error unsupported", host.Ask("reserve a managed own"), StringComparison.Ordinal);
        Assert.StartsWith("error unsupported", host.Ask("reserve b managed own"), StringComparison.Ordinal);
        Assert.Equal(0, host.Reserve("d", "detached own"));
        Assert.Equal("live ", host.Ask("live"));
        Assert.Equal("ok", host.Ask("dispose"));
    }

    [Fact]
    public async Task Killed_at_any_moment_a_host_leaves_nothing()
    {
        // Two at a time: the moments are varied by the number of steps awaited, and by chance.
        await Parallel.ForAsync(
            0,
            64,
            new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken },
            (round, stop) =>
            {
                using var host = HostProcess.Start(round % 4 == 0 ? "-" : _directory.Path);
                host.Tell("churn");
                using var guardian = new Held(int.Parse(host.Read().Split(' ')[1], CultureInfo.InvariantCulture));
                for (var step = 0; step < round % 29 && !stop.IsCancellationRequested; step++)
                {
                    _ = host.Read();
                }

                host.Kill();
                guardian.WaitUntilEnded();
                Assert.Empty(host.Living());
                return ValueTask.CompletedTask;
            }
        );
    }

    private static Held Prepared(HostProcess host)
    {
        _ = host.Reserve("p", "managed own");
        return host.Start("p", "echo up; exec sleep 3600");
    }

    private static string Claim(string name, Foreign foreign, int later = 1) =>
        string.Create(CultureInfo.InvariantCulture, $"claim {name} {foreign.Process.Pid} {foreign.Process.Stat.StartTime + later}");

    /// <summary>A process that no registry started; ended with the test.</summary>
    private sealed class Foreign : IDisposable
    {
        internal Foreign(string name, string value, bool leadsGroup = false)
        {
            string[] command = [.. leadsGroup ? ["/usr/bin/setsid"] : Array.Empty<string>(), "/bin/sh", "-c", "echo up; exec sleep 3600"];
            var info = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true };
            info.Environment[name] = value;
            using var process = System.Diagnostics.Process.Start(info)!;
            Assert.Equal("up", process.StandardOutput.ReadLine());
            Process = new Held(process.Id);
        }

        internal Held Process { get; }

        public void Dispose()
        {
            Process.End();
            Process.Dispose();
        }
    }
}
