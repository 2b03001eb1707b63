using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>
/// The number of what has ended is given to a stranger, in a pid namespace of the test's own: whoever signals refuses or says that it has ended,
/// and the stranger lives.
/// </summary>
[Trait("Needs", "root")]
public sealed class PidReuseTests : HostTest
{
    /// <summary>A shell is process 1: it reaps what a host that is killed leaves, and the host is none but itself.</summary>
    private const string Namespace =
        "exec unshare --pid --mount --fork --kill-child --mount-proc /bin/sh -c '\"$0\" \"$@\"; exit $?' \"$0\" \"$@\"";

    [Theory]
    [InlineData(nameof(InsidePidReuseTests.A_process_or_group_that_has_ended))]
    [InlineData(nameof(InsidePidReuseTests.A_number_that_its_group_still_uses))]
    [InlineData(nameof(InsidePidReuseTests.Members_and_managed_processes))]
    [InlineData(nameof(InsidePidReuseTests.An_entry_of_a_host_that_was_killed))]
    [InlineData(nameof(InsidePidReuseTests.By_the_command_line))]
    [InlineData(nameof(InsidePidReuseTests.While_it_is_signalled))]
    [InlineData(nameof(InsidePidReuseTests.While_it_is_stopped_step_by_step))]
    public Task A_reused_number_is_never_signalled(string test)
    {
        Assert.SkipUnless(Interop.Linux.Libc.GetEuid() == 0, "A pid namespace needs root.");
        Assert.SkipUnless(PidReuse.IsThere, "This kernel has no ns_last_pid (CONFIG_CHECKPOINT_RESTORE).");
        return RunInside(Namespace, test, typeof(InsidePidReuseTests));
    }
}
