using System.Globalization;
using System.Runtime.Versioning;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What belongs to the thread that starts a process reaches the child, and nobody else.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ContextTests : LinuxExecutorTest
{
    private const string Root = "Only root may start as somebody else.";

    private static readonly SpawnProcessOperation Plain = new("/bin/sh");

    [Fact]
    [Trait("Needs", "root")]
    public async Task An_account_reaches_the_child_with_its_own_groups()
    {
        NeedsRoot();
        var status = await StatusAsync(Plain with { RunAs = new RunAs("nobody") });

        Assert.Equal("65534 65534 65534 65534", status["Uid"]);
        Assert.Equal("65534 65534 65534 65534", status["Gid"]);
        Assert.Equal("65534", status["Groups"]);
        Assert.Equal(0UL, Set(status["CapEff"]));
        Assert.Equal(0UL, Set(status["CapPrm"]));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Numbers_and_groups_are_taken_as_they_are_asked_for()
    {
        NeedsRoot();
        var asked = new RunAs("54321", "54322") { SupplementaryGroups = ["daemon", "54323"] };
        var status = await StatusAsync(Plain with { RunAs = asked });

        Assert.Equal("54321 54321 54321 54321", status["Uid"]);
        Assert.Equal("54322 54322 54322 54322", status["Gid"]);
        Assert.Equal("1 54323", status["Groups"]);
    }

    [Fact]
    public void Groups_that_the_account_is_not_in_are_facts()
    {
        var context = Executor
            .PrepareContext(Plain with { RunAs = new RunAs("nobody") { SupplementaryGroups = ["daemon", "65534"] } })
            .OrThrow();

        Assert.Equal("nobody", context.Facts!.User.Name);
        Assert.Equal(65534, context.Facts.User.Id);
        Assert.Equal("daemon", Assert.Single(context.Facts.ForeignGroups).Name);
        Assert.Equal(HostIdentity.EffectiveUid == 0, context.ElevationReason is null);
    }

    [Fact]
    public void Nobody_of_that_name_and_numbers_without_a_group_are_not_found()
    {
        Assert.Equal(MissingThing.Account, NotFoundFor(new RunAs("no-such-account")).Thing);
        Assert.Equal(MissingThing.Account, NotFoundFor(new RunAs("nobody", "no-such-group")).Thing);
        // Which is what setresuid(2) takes for no change: it must never get there.
        Assert.Equal(MissingThing.Account, NotFoundFor(new RunAs("4294967295", "4294967295")).Thing);
        Assert.Contains("group", NotFoundFor(new RunAs("54321")).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "an ordinary user")]
    public void An_ordinary_user_is_told_which_privilege_is_missing()
    {
        Assert.SkipWhen(Libc.GetEuid() == 0, "Root has the privileges.");

        Assert.Contains("CAP_SETUID", Refused(Plain with { RunAs = new RunAs("0", "0") }).Message, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_NICE", Refused(Plain with { Nice = -5 }).Message, StringComparison.Ordinal);
        Assert.Equal(0, Registry.Open);
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(null)]
    [InlineData("nobody")]
    public async Task The_child_has_the_capabilities_that_are_asked_for_and_no_others(string? account)
    {
        NeedsRoot();
        const ulong NetBindService = 1UL << 10;
        var plain = account is null ? Plain : Plain with { RunAs = new RunAs(account) };
        var one = await StatusAsync(plain with { Privileges = new() { Capabilities = ["CAP_NET_BIND_SERVICE"] } });
        var none = await StatusAsync(plain with { Privileges = new() { Capabilities = [] } });

        foreach (var name in (string[])["CapBnd", "CapEff", "CapPrm"])
        {
            Assert.Equal(NetBindService, Set(one[name]));
            Assert.Equal(0UL, Set(none[name]));
        }

        Assert.Equal(account is null ? 0 : NetBindService, Set(one["CapAmb"]));
        Assert.Equal(account is null ? 0 : NetBindService, Set(one["CapInh"]));
        Assert.Equal(0UL, Set(none["CapAmb"]) | Set(none["CapInh"]));
    }

    [Fact]
    public async Task What_an_exec_may_gain_is_taken_away()
    {
        Assert.Equal("1", (await StatusAsync(Plain with { Privileges = new() { NoNewPrivileges = true } }))["NoNewPrivs"]);
    }

    [Fact]
    public async Task Priorities_processors_and_mask_reach_the_child()
    {
        var nice = Libc.NiceOfThread();
        var context = Plain with
        {
            Nice = nice + 3,
            CpuAffinity = [0],
            Umask = 0x3F,
            IoPriority = new IoPriority { Class = IoPriorityClass.BestEffort, Level = 6 },
        };
        var output = await OutputAsync("nice; umask; grep Cpus_allowed_list /proc/$$/status; ionice -p $$", context);

        Assert.Equal($"{nice + 3}\n0077\nCpus_allowed_list:\t0\nbest-effort: prio 6\n", output);
        Assert.Equal(nice, Libc.NiceOfThread());
    }

    [Fact]
    public async Task Idle_is_a_class_without_levels()
    {
        Assert.Equal("idle\n", await OutputAsync("ionice -p $$", Plain with { IoPriority = new() { Class = IoPriorityClass.Idle } }));
    }

    [Fact]
    public void Processors_that_are_not_there_are_refused()
    {
        var refused = Assert.IsType<LimitUnavailable>(Try(Plain with { CpuAffinity = [0, 8191] }).AsT1);
        Assert.Contains("8191", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public void A_program_that_the_account_can_not_reach_is_not_run_for_it()
    {
        NeedsRoot();
        // Not trusted, since everybody can write to it, so that it would be run by its open file.
        var directory = Directory.CreateTempSubdirectory("osl-reach-");
        try
        {
            var program = Path.Combine(directory.FullName, "true");
            File.Copy("/bin/true", program);
            File.SetUnixFileMode(program, (UnixFileMode)0x1FF);
            var context = Plain with { RunAs = new RunAs("nobody") };

            var refused = Assert.IsType<SpawnFailed>(TryLaunch(program, context: context).AsT1);
            Assert.Contains("can't reach", refused.Message, StringComparison.Ordinal);

            File.SetUnixFileMode(directory.FullName, (UnixFileMode)0x1ED);
            Assert.True(TryLaunch(program, context: context).IsT0);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void NeedsRoot() => Assert.SkipUnless(Libc.GetEuid() == 0, Root);

    private NotFound NotFoundFor(RunAs account) => Assert.IsType<NotFound>(Executor.PrepareContext(Plain with { RunAs = account }).AsT1);

    private OneOf<LaunchedProcess, OperationError> Try(SpawnProcessOperation context) => TryLaunch("/bin/true", context: context);

    private PermissionRefused Refused(SpawnProcessOperation context) => Assert.IsType<PermissionRefused>(Try(context).AsT1);

    private async Task<string> OutputAsync(string script, SpawnProcessOperation context)
    {
        var launched = TryLaunch("/bin/sh", ["-c", script], output: StandardOutputConfig.Capture(), context: context).OrThrow();
        var output = (await launched.OutputEnded).Output.Text;
        Assert.True((await launched.Exited).Status!.IsSuccess, output);
        return output;
    }

    private async Task<Dictionary<string, string>> StatusAsync(SpawnProcessOperation context) =>
        (await OutputAsync("cat /proc/self/status", context))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2))
            .ToDictionary(
                parts => parts[0],
                parts => string.Join(' ', parts[1].Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries)),
                StringComparer.Ordinal
            );

    private static ulong Set(string hexadecimal) => ulong.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
