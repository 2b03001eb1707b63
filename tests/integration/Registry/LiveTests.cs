using System.Globalization;
using System.Text;
using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Registry;

/// <summary>What one host sees of the others, and what it does not believe.</summary>
public sealed class LiveTests : IAsyncDisposable
{
    private const int Private = 0x180;
    private readonly PrivateDirectory _directory = new();
    private readonly LaunchRegistry _registry;

    public LiveTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");
        _registry = LaunchRegistry.Open(_directory.Path, TimeProvider.System).OrThrow();
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void Hosts_see_each_others_entries()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var child = host.Launch("a", "managed own", "echo up; exec sleep 3600");

        var entry = Assert.Single(_registry.Live());

        Assert.Equal((child.Pid, child.Pid, true), (entry.Process.Pid, entry.Pgid, entry.OwnsGroup));
        Assert.Equal(child.Stat.StartTime, entry.Process.StartTime);
        Assert.Equal((ProcessLifetime.Managed, host.Pid), (entry.Lifetime, entry.HostPid));
        Assert.Equal(("tester", "/bin/sh"), (entry.Principal, entry.Program));
        Assert.Equal(entry, _registry.FindGroup(child.Pid));
        Assert.Equal(entry, _registry.FindProcess(child.Pid));
        Assert.Null(_registry.FindGroup(host.Pid));
        Assert.Null(_registry.FindProcess(host.Pid));
    }

    [Fact]
    public void A_group_without_its_leader_is_listed_while_a_member_with_the_marker_lives()
    {
        using var host = HostProcess.Start(_directory.Path);
        _ = host.Reserve("a", "managed own");
        using var leader = host.Start("a", "sleep 3600 & echo up; wait");
        _ = host.Ask("started a");
        leader.End();

        Assert.Equal(leader.Pid, Assert.Single(_registry.Live()).Pgid);
        Assert.NotNull(_registry.FindGroup(leader.Pid));
        Assert.Null(_registry.FindProcess(leader.Pid));

        using var member = new Held(Assert.Single(host.Living()));
        member.End();
        Assert.Empty(_registry.Live());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_dead_hosts_file_stays_while_a_detached_one_lives_and_goes_with_it(bool killed)
    {
        using var host = HostProcess.Start(_directory.Path);
        using var detached = host.Launch("d", "detached own", "echo up; exec sleep 3600");
        if (killed)
        {
            host.Kill();
        }
        else
        {
            Assert.Equal("ok", host.Ask("dispose"));
            host.WaitForExit();
        }

        var entry = Assert.Single(_registry.Live());
        Assert.Equal((detached.Pid, ProcessLifetime.Detached), (entry.Process.Pid, entry.Lifetime));
        Assert.Equal(2, _directory.SlotFiles.Length);

        detached.End();
        Assert.Empty(_registry.Live());
        Assert.Single(_directory.SlotFiles);
    }

    [Fact]
    public void A_detached_one_whose_host_died_before_saying_so_is_found_by_its_marker()
    {
        using var host = HostProcess.Start(_directory.Path);
        _ = host.Reserve("d", "detached own");
        using var detached = host.Start("d", "echo up; exec sleep 3600");
        Assert.Empty(_registry.Live());
        host.Kill();

        var entry = Assert.Single(_registry.Live());

        Assert.Equal((detached.Pid, detached.Pid, true), (entry.Process.Pid, entry.Pgid, entry.OwnsGroup));
    }

    [Fact]
    public void Planted_files_are_not_believed()
    {
        using var host = HostProcess.Start(_directory.Path);
        using var child = host.Launch("a", "managed own", "echo up; exec sleep 3600");
        var real = Assert.Single(_directory.SlotFiles, file => Path.GetFileName(file).StartsWith($"{host.Pid}-", StringComparison.Ordinal));
        var content = File.ReadAllBytes(real);
        _ = host.Ask("ended a");
        Assert.Empty(_registry.Live());

        // As it was, it would be believed.
        Plant("true.slots", content);
        Assert.Single(_registry.Live());
        File.Delete(_directory.Combine("true.slots"));

        File.CreateSymbolicLink(_directory.Combine("link.slots"), "../elsewhere");
        Directory.CreateDirectory(_directory.Combine("directory.slots"));
        Plant("readable.slots", content, Private | 4);
        Plant("boot.slots", Edit(content, ProcFs.BootId, "00000000-0000-0000-0000-000000000000"));
        Plant("namespace.slots", Edit(content, $" {ProcFs.PidNamespace} ", $" {ProcFs.PidNamespace + 1} "));
        Plant("version.slots", Edit(content, "OSL-REGISTRY 1", "OSL-REGISTRY 9"));
        Plant("pid.slots", Edit(content, $" {child.Pid} ", $" {Environment.ProcessId} "));
        Plant("short.slots", content[..300]);
        Plant("empty.slots", []);
        if (Environment.UserName is "root")
        {
            Plant("foreign.slots", content);
            Assert.Equal(0, Signals.Chown(_directory.Combine("foreign.slots"), 65534, 65534));
        }

        var target = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        File.WriteAllBytes(target, content);
        Assert.Equal(0, Signals.Chmod(target, Private));
        File.CreateSymbolicLink(_directory.Combine("good-link.slots"), target);

        Assert.Empty(_registry.Live());
        Assert.True(File.Exists(target));
        File.Delete(target);
        // Of another boot, and of nobody: cleaned away.
        Assert.False(File.Exists(_directory.Combine("boot.slots")));
        Assert.False(File.Exists(_directory.Combine("empty.slots")));
        // Another pid namespace's is not ours to judge.
        Assert.True(File.Exists(_directory.Combine("namespace.slots")));
    }

    private static byte[] Edit(byte[] content, string from, string to) =>
        Encoding.Latin1.GetBytes(
            Encoding.Latin1.GetString(content).Replace(from.PadRight(to.Length), to.PadRight(from.Length), StringComparison.Ordinal)
        );

    private void Plant(string name, byte[] content, int mode = Private)
    {
        File.WriteAllBytes(_directory.Combine(name), content);
        Assert.Equal(0, Signals.Chmod(_directory.Combine(name), mode));
    }
}
