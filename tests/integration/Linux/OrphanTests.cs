using Osl.Interop.Linux;
using Osl.Tests.Integration.Cli;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Hosts that get orphans: as a child subreaper, and as process 1 (adr/0050-orphans.md).</summary>
public sealed class OrphanTests : HostTest
{
    private const string Process1 = "exec unshare --pid --mount --fork --kill-child --mount-proc \"$0\" \"$@\"";

    /// <summary>
    /// Ends as told when nobody below process 1 is a zombie any more; it has waited for its own.
    /// </summary>
    private const string LeavesOrphans = """
        i=0
        while [ $i -lt 200 ]; do (/bin/true & /bin/sh -c 'exit 9' & :); i=$((i + 1)); done
        while grep -qs '^State:.Z' /proc/[0-9]*/status; do :; done
        exit 7
        """;

    [Fact]
    public Task A_subreaper_reaps_orphans_and_nobody_elses_children() =>
        RunInside(Plain, nameof(InsideOrphanTests.As_a_subreaper), typeof(InsideOrphanTests));

    [Fact]
    public Task The_process_is_a_subreaper_as_long_as_a_host_wants_it() =>
        RunInside(Plain, nameof(InsideOrphanTests.As_long_as_it_is_wanted), typeof(InsideOrphanTests));

    [Fact]
    [Trait("Needs", "root")]
    public Task Process_1_reaps_orphans_and_loses_no_status()
    {
        NeedsNamespace();
        return RunInside(Process1, nameof(InsideOrphanTests.As_process_1), typeof(InsideOrphanTests));
    }

    [Fact]
    [Trait("Needs", "root")]
    public Task Process_1_beside_the_framework_reaps_orphans_and_loses_no_status()
    {
        NeedsNamespace();
        return RunInside(Process1, nameof(InsideOrphanTests.As_process_1_beside_the_framework), typeof(InsideOrphanTests));
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData("")]
    [InlineData("--containment session")]
    [InlineData("--limit open-files=100")]
    public async Task As_process_1_osl_run_is_an_init(string options)
    {
        NeedsNamespace();
        using var osl = new OslCommandLine();
        var outcome = await osl.RunOtherAsync(
            "/usr/bin/unshare",
            [
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                OslCommandLine.Path,
                "run",
                .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                "--",
                "/bin/sh",
                "-c",
                LeavesOrphans,
            ]
        );

        Assert.Equal((7, "", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    private static void NeedsNamespace() => Assert.SkipUnless(Libc.GetEuid() == 0, "A pid namespace needs root.");
}
