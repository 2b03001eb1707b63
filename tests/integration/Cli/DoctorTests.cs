using System.Runtime.Versioning;
using System.Text.Json;

namespace Osl.Tests.Integration.Cli;

/// <summary>Each line of osl doctor, also where it has to say no: the no is made, not imagined.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DoctorTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task A_no_is_an_answer_and_not_a_failure_unless_it_is_required()
    {
        var some = await Shell("exec setpriv --no-new-privs $OSL doctor --json");
        AssertNo(some, "new-privileges", "no_new_privs");
        Assert.Equal(0, some.ExitCode);
        var required = await Shell("exec setpriv --no-new-privs $OSL doctor --require pidfd --require new-privileges");
        Assert.Equal(1, required.ExitCode);
        Assert.StartsWith("osl: Required, and not to be had: new-privileges.\n", required.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await _osl.RunAsync("doctor", "--require", "pidfd", "--require", "guardian")).ExitCode);
        var unknown = await _osl.RunAsync("doctor", "--require", "pid-fd");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("pidfd", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_topic_has_its_line_and_every_no_its_remedy()
    {
        var doctor = await _osl.RunAsync("doctor", "--json");
        var names = doctor.JsonLines().Select(line => line.GetProperty("name").GetString()!).ToList();
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names, StringComparer.Ordinal);
        Assert.Equal(
            [
                "account",
                "audit-journal",
                "registry",
                "policy",
                "terminal",
                "kernel",
                "engine",
                "pidfd",
                "group-signal-by-pidfd",
                "proc",
                "close-from",
                "foreground-terminal",
                "sigchld",
                "pid-1",
                "guardian",
                "cgroup-v2",
                "cgroup-controllers",
                "cgroup-delegated",
                "user-namespace",
                "pid-namespace",
                "mount-namespace",
                "net-namespace",
                "landlock",
                "seccomp",
                "seccomp-notify",
                "gates",
                "sandbox",
                "user",
                "capabilities",
                "new-privileges",
                "container",
            ],
            names
        );
        Assert.All(
            doctor.JsonLines(),
            line => Assert.True(line.GetProperty("available").GetBoolean() || line.TryGetProperty("remedy", out _))
        );
    }

    [Fact]
    public async Task It_changes_nothing_and_leaves_nobody()
    {
        var before = Directory.GetFileSystemEntries(_osl.Directory, "*", SearchOption.AllDirectories);
        var traced = await Shell("exec strace -f -qq -o trace -e trace=clone,clone3,vfork,exit_group,exit $OSL doctor");
        Assert.Equal(0, traced.ExitCode);
        File.Delete(Path.Combine(_osl.Directory, "trace"));
        Assert.Equal(before, Directory.GetFileSystemEntries(_osl.Directory, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_ignored_sigchld_is_put_back_by_osl_and_so_no_reason_for_a_no()
    {
        // That a host which does not is told so, InsideHostTests shows.
        var outcome = await Shell("trap '' CHLD; exec $OSL doctor --json --require sigchld --require guardian --require user-namespace");
        Assert.SkipWhen(outcome.Error.Contains("user-namespace", StringComparison.Ordinal), "no user namespaces here");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
    }

    [Theory]
    [InlineData("landlock", "landlock_create_ruleset:error=ENOSYS", "the kernel has none")]
    [InlineData("landlock", "landlock_create_ruleset:error=EOPNOTSUPP", "not enabled at boot")]
    [InlineData("landlock", "landlock_create_ruleset:error=EPERM", "EPERM")]
    [InlineData("seccomp", "seccomp:error=ENOSYS", "the kernel has none")]
    [InlineData("seccomp-notify", "seccomp:error=EPERM", "EPERM")]
    [InlineData("sandbox", "landlock_create_ruleset:error=ENOSYS", "without Landlock")]
    [InlineData("sandbox", "seccomp:error=ENOSYS", "without filters")]
    [InlineData("pidfd", "pidfd_open:error=ENOSYS", "pidfd_open does not work")]
    [InlineData("engine", "pidfd_open:error=ENOSYS", "posix, the fallback without pidfds")]
    [InlineData("engine", "pidfd_send_signal:error=EPERM", "posix, the fallback without pidfds")]
    [InlineData("sandbox", "pidfd_open:error=EPERM", "not used without pidfds")]
    [InlineData("capabilities", "capget:error=EPERM", "EPERM")]
    [InlineData("cgroup-delegated", "faccessat2:error=EROFS", "not writable")]
    [InlineData("user-namespace", "unshare:error=EPERM", "can't be made")]
    [InlineData("net-namespace", "unshare:error=ENOSPC", "can't be made")]
    public async Task What_the_kernel_refuses_is_a_no(string line, string injection, string detail)
    {
        var outcome = await Shell($"exec strace -f -qq -o /dev/null -e inject={injection} $OSL doctor --json");
        Assert.SkipWhen(outcome.Error.Contains("strace:", StringComparison.Ordinal), $"strace can't do it here: {outcome.Error}");
        Assert.SkipWhen(
            line.StartsWith("cgroup", StringComparison.Ordinal)
                && Line(outcome, "cgroup-v2").GetProperty("available").GetBoolean() is false,
            "no cgroup version 2 here"
        );
        Assert.Equal(0, outcome.ExitCode);
        AssertNo(outcome, line, detail);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Without_proc_it_says_so_and_goes_on()
    {
        // Without any /proc at all the runtime itself does not start; that of another pid namespace is as good as none.
        var outcome = await Shell("exec unshare --pid --fork sh -c '$OSL doctor --json; exit $?'");
        Assert.SkipWhen(outcome.Error.Contains("unshare:", StringComparison.Ordinal), outcome.Error);
        AssertNo(outcome, "proc", "missing");
        AssertNo(outcome, "guardian", "/proc");
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task As_process_1_it_says_so()
    {
        var outcome = await Shell("exec unshare --pid --fork --mount-proc sh -c 'exec $OSL doctor --json'");
        Assert.SkipWhen(outcome.Error.Contains("unshare:", StringComparison.Ordinal), outcome.Error);
        var line = Line(outcome, "pid-1");
        Assert.Contains("this is process 1", line.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Without_a_shell_that_works_there_is_no_guardian()
    {
        var outcome = await Shell(
            "exec unshare --mount bash -c 'mount --bind /bin/false $(readlink -f /bin/sh) && exec $OSL doctor --json'"
        );
        Assert.SkipWhen(outcome.Error.Contains("unshare:", StringComparison.Ordinal), outcome.Error);
        AssertNo(outcome, "guardian", "script can't work");
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task An_ordinary_user_without_capabilities_is_told_who_it_is()
    {
        // Its journal lies below a directory of root's: the component is named.
        var outcome = await Shell(
            "exec setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent OSL_AUDIT_DIR= XDG_RUNTIME_DIR= $OSL doctor --json"
        );
        Assert.SkipWhen(outcome.ExitCode == 126 || outcome.JsonLines().Count == 0, "an ordinary user can't execute the build here");
        Assert.Contains(
            "uid 65534, effective 65534, group 65534",
            Line(outcome, "user").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal("none", Line(outcome, "capabilities").GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_place_that_is_not_trusted_is_named_with_the_component_at_fault()
    {
        var open = Path.Combine(_osl.Directory, "open");
        Directory.CreateDirectory(Path.Combine(open, "audit"));
        File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
        var outcome = await _osl.RunAsync("doctor", "--json", "--audit-dir", Path.Combine(open, "audit"));
        AssertNo(outcome, "audit-journal", $"'{open}' is writable by group or others");
        Directory.CreateSymbolicLink(Path.Combine(_osl.Directory, "link"), _osl.Directory);
        var linked = await _osl.RunAsync("doctor", "--json", "--audit-dir", Path.Combine(_osl.Directory, "link"));
        AssertNo(linked, "audit-journal", "is a symbolic link");
    }

    [Fact]
    public async Task Without_a_home_the_journal_has_no_place()
    {
        var outcome = await Shell("exec env -u HOME -u XDG_STATE_HOME OSL_AUDIT_DIR= $OSL doctor --json");
        var line = Line(outcome, "audit-journal");
        // Root's place is not below a home.
        Assert.True(line.GetProperty("available").GetBoolean() || line.TryGetProperty("remedy", out _));
        Assert.Equal(0, outcome.ExitCode);
    }

    [Fact]
    public async Task A_container_is_recognised_by_the_variable_at_least()
    {
        var outcome = await Shell("exec env container=test $OSL doctor --json");
        Assert.Contains("in one (", Line(outcome, "container").GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private Task<OslOutcome> Shell(string command) => _osl.RunOtherAsync("/bin/sh", "-c", command);

    private static JsonElement Line(OslOutcome outcome, string name) =>
        Assert.Single(outcome.JsonLines(), line => string.Equals(line.GetProperty("name").GetString(), name, StringComparison.Ordinal));

    private static void AssertNo(OslOutcome outcome, string name, string detail)
    {
        var line = Line(outcome, name);
        Assert.False(line.GetProperty("available").GetBoolean(), line.GetRawText());
        Assert.Contains(detail, line.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(line.GetProperty("remedy").GetString()!);
    }
}
