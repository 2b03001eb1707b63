using Osl.Executors.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>
/// Runs the tests of <see cref="InsideHostTests"/>, one by one, in hosts of their own: this same test program, started in odd ways.
/// </summary>
public sealed class HostTests : HostTest
{
    private const string Closed = "exec <&- >&- 2>&-; exec \"$0\" \"$@\"";
    private const string ChildIgnored = "exec env --ignore-signal=CHLD \"$0\" \"$@\"";
    private const string FewDescriptors = "ulimit -n 256; exec \"$0\" \"$@\"";

    [Fact]
    public Task A_host_without_standard_descriptors_starts_processes_as_any_other() =>
        RunInside(Closed, nameof(InsideHostTests.Without_standard_descriptors));

    [Fact]
    public Task A_host_with_sigchld_ignored_is_told_so_and_can_be_helped() =>
        RunInside(ChildIgnored, nameof(InsideHostTests.With_sigchld_ignored));

    [Fact]
    public Task Exits_are_known_even_when_sigchld_becomes_ignored() => RunInside(Plain, nameof(InsideHostTests.With_sigchld_ignored_later));

    [Fact]
    public Task Whichever_descriptor_is_the_one_too_many_nothing_is_left() =>
        RunInside(FewDescriptors, nameof(InsideHostTests.Out_of_descriptors));

    [Fact]
    public Task Five_thousand_processes_beside_those_of_the_framework() =>
        RunInside(Plain, nameof(InsideHostTests.Five_thousand_beside_System_Diagnostics_Process));

    [Fact]
    public Task A_launch_allocates_little() => RunInside(Plain, nameof(InsideHostTests.Allocations));

    [Fact]
    public Task Failed_launches_leave_no_descriptor() => RunInside(Plain, nameof(InsideHostTests.Failures_leave_nothing));

    [Fact]
    public Task A_thousand_launches_with_contexts_of_their_own_leave_the_host_as_it_was() =>
        RunInside(Plain, nameof(InsideContextTests.A_thousand_launches), typeof(InsideContextTests));

    [Fact]
    [Trait("Needs", "root")]
    public Task Without_the_capabilities_even_root_is_told_which_are_missing()
    {
        Assert.SkipUnless(Interop.Linux.Libc.GetEuid() == 0, "Capabilities are taken from root.");
        return RunInside(
            "exec setpriv --bounding-set -setuid,-setgid,-sys_nice,-sys_resource,-setpcap,-sys_admin \"$0\" \"$@\"",
            nameof(InsideContextTests.Without_capabilities),
            typeof(InsideContextTests)
        );
    }

    [Fact]
    public Task A_terminal_is_lent_to_the_child_and_taken_back() =>
        RunInside("exec script --quiet --return --command \"$0 $*\" /dev/null", nameof(InsideHostTests.With_a_terminal));

    [Fact]
    public Task A_child_whose_job_nobody_can_watch_is_ended_with_all_that_it_has_started() =>
        RunInside("exec script --quiet --return --command \"$0 $*\" /dev/null", nameof(InsideLackTests.A_job), typeof(InsideLackTests));

    [Fact]
    public Task What_the_machine_can_do_is_told_without_a_thread_too()
    {
        Assert.SkipWhen(Interop.Linux.Libc.GetEuid() == 0, "Root is held to no number of processes.");
        return RunInside(Plain, nameof(InsideLackTests.Capabilities), typeof(InsideLackTests));
    }

    [Fact]
    public Task As_process_1_beside_the_framework_exits_are_still_known()
    {
        Assert.SkipUnless(Interop.Linux.Libc.GetEuid() == 0, "A pid namespace needs root.");
        return RunInside("exec unshare --pid --mount --fork --kill-child --mount-proc \"$0\" \"$@\"", nameof(InsideHostTests.As_process_1));
    }

    [Fact]
    public Task A_shell_that_could_not_be_tried_for_want_of_descriptors_is_tried_again()
    {
        Assert.SkipWhen(ShellProbe.Shell is null, "No shell of this machine is a gate.");
        return RunInside(
            "ulimit -n 400; exec \"$0\" \"$@\"",
            nameof(InsideContextTests.A_shell_looked_for_without_descriptors),
            typeof(InsideContextTests)
        );
    }

    [Theory]
    [InlineData(nameof(InsideContextTests.Held_by_seccomp))]
    [InlineData(nameof(InsideContextTests.Held_by_a_lease))]
    [InlineData(nameof(InsideContextTests.Held_by_a_shell))]
    public async Task A_child_that_is_held_never_runs_when_its_host_is_killed(string test)
    {
        var directory = Directory.CreateTempSubdirectory("osl-held-");
        try
        {
            var fifo = Path.Combine(directory.FullName, "fifo");
            var ran = Path.Combine(directory.FullName, "ran");
            await Shell($"mkfifo {fifo}").Exited;
            var host = Launch(
                Environment.ProcessPath!,
                ["-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(InsideContextTests).FullName}.{test}"],
                environment: EnvironmentOf(fifo, $"{InsideContextTests.RanVariable}={ran}")
            );
            var pid = int.Parse(await File.ReadAllTextAsync(fifo, Cancelled), System.Globalization.CultureInfo.InvariantCulture);
            using var child = Interop.Linux.PidFd.TryOpen(pid, out _);
            Assert.NotNull(child);
            Assert.False(Interop.Linux.Descriptor.WaitReadable(child.Number, 0));

            using var held = Executor.Hold((ProcessTarget)host.Process).OrThrow();
            Assert.Null(held.Signal(Signal.Kill));
            await host.Exited;

            // A lease that somebody else's child has kept a copy of would last 45 s.
            Assert.True(Interop.Linux.Descriptor.WaitReadable(child.Number, 60_000));
            Assert.False(File.Exists(ran));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
