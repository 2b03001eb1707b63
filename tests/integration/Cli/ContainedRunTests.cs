using System.Globalization;
using System.Runtime.Versioning;
using Osl.Executors.Linux;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>What <c>osl run</c> gives a program to be, use and leave.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ContainedRunTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public ContainedRunTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Contexts are Linux's.");

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task Mask_priority_limits_and_privileges_are_as_they_were_typed()
    {
        var nice = Libc.NiceOfThread() + 2;
        var outcome = await _osl.RunAsync(
            "run",
            "--umask",
            "027",
            "--nice",
            nice.ToString(CultureInfo.InvariantCulture),
            "--no-new-privileges",
            "--limit",
            "open-files=99",
            "--limit",
            "core-dump=0",
            "--limit",
            "file-size=1M",
            "--",
            "sh",
            "-c",
            "umask; nice; ulimit -n; ulimit -c; ulimit -f; grep NoNewPrivs /proc/$$/status"
        );

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal($"0027\n{nice}\n99\n0\n2048\nNoNewPrivs:\t1\n", outcome.Output);
    }

    [Theory]
    [InlineData("--limit", "memory")]
    [InlineData("--limit", "memory=much")]
    [InlineData("--limit", "open-files=0")]
    [InlineData("--limit", "cpu-time=x")]
    [InlineData("--limit", "sockets=3")]
    [InlineData("--umask", "1000")]
    [InlineData("--umask", "8")]
    [InlineData("--nice", "20")]
    [InlineData("--containment", "jail")]
    public async Task What_makes_no_sense_is_a_mistake_in_the_command_line(string option, string value)
    {
        var outcome = await _osl.RunAsync("run", option, value, "--", "true");
        Assert.Equal(125, outcome.ExitCode);
        Assert.Contains(option, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    [Trait("Needs", "an ordinary user")]
    public async Task Another_account_is_denied_to_an_ordinary_user_by_the_built_in_policy()
    {
        Assert.SkipWhen(Libc.GetEuid() == 0, "From root every account is lower.");
        var outcome = await _osl.RunAsync("run", "--user", "root", "--", "id", "-u");
        Assert.Equal(125, outcome.ExitCode);
        Assert.Contains("builtin:elevation", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Raising_is_denied_by_the_built_in_policy()
    {
        var outcome = await _osl.RunAsync("run", "--nice", "-20", "--", "true");
        Assert.Equal(125, outcome.ExitCode);
        Assert.Contains("builtin:elevation", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Nobody_gets_out_of_a_cgroup_or_a_namespace_alive()
    {
        NeedsCgroup();
        foreach (var level in (string[])["cgroup", "pidns"])
        {
            var outcome = await _osl.RunAsync("run", "--containment", level, "--", "sh", "-c", "env -i setsid sleep 1000 & echo started");
            Assert.Equal((0, "started\n", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
            var operation = (await _osl.RecordsAsync())
                .Select(line => line.GetProperty("record"))
                .Last(record => record.TryGetProperty("operation", out _))
                .GetProperty("operation")
                .GetString();
            Assert.False(Directory.Exists($"{CgroupTree.Own()}/{CgroupTree.Prefix}{operation}"));
        }
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Whoever_left_group_and_environment_is_ended_when_osl_is_killed()
    {
        NeedsCgroup();
        using var session = _osl.Open(
            "run",
            "--containment",
            "cgroup",
            "--",
            "sh",
            "-c",
            "env -i setsid sh -c 'echo $$; exec sleep 1000' & exec sleep 1000"
        );
        var escaped = await session.ReadNumberAsync();
        using var held = PidFd.TryOpen(escaped, out _);
        Assert.NotNull(held);
        session.Signal(9);

        Assert.True(Descriptor.WaitReadable(held.Number, 30_000));
        var place = CgroupTree.Of(escaped);
        Assert.True(place is null || place.Contains("osl-", StringComparison.Ordinal));
    }

    private static void NeedsCgroup() =>
        Assert.SkipUnless(Libc.GetEuid() == 0 && CgroupTree.Own() is not null, "A cgroup needs root, or a delegated group.");
}
