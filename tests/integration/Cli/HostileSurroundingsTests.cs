using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl in strange places: no home, no /proc, no room, odd signals, odd variables.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostileSurroundingsTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Theory]
    [InlineData("LANG=C LC_ALL=C TZ=../../etc/passwd")]
    [InlineData("LANG=no_SUCH.locale TZ=:")]
    [InlineData("DOTNET_gcServer=1")]
    [InlineData("TERM=no-such-terminal COLUMNS=-1")]
    [InlineData("-i")]
    [InlineData("--block-signal")]
    [InlineData("--ignore-signal=CHLD")]
    [InlineData("--ignore-signal=CHLD,TERM,INT,HUP,PIPE,XFSZ,USR1")]
    [InlineData("--block-signal=CHLD,TERM,INT,HUP --ignore-signal=CHLD")]
    public async Task Runs_a_program_all_the_same(string env)
    {
        var outcome = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            $"env {env} OSL_AUDIT_DIR=$OSL_AUDIT_DIR XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR PATH=$PATH $OSL run -- sh -c 'echo out; echo err >&2; exit 3'"
        );

        // SIGCHLD ignored by the parent: no exit status could be known, so that osl may refuse, but never misreport.
        if (outcome.ExitCode == 125 && env.Contains("CHLD", StringComparison.Ordinal))
        {
            Assert.Contains("SIGCHLD", outcome.Error, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal((3, "out\n", "err\n"), (outcome.ExitCode, outcome.Output, outcome.Error));
        }

        Assert.Empty(Marked.Alive(_osl.Directory));
    }

    [Fact]
    public async Task Under_a_lax_umask_it_trusts_the_directories_that_it_made()
    {
        var outcome = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            "umask 0; for i in 1 2; do $OSL run --audit-dir $PWD/a/b/c -- echo $i || exit; done; stat -c %a a a/b a/b/c"
        );
        Assert.Equal((0, "1\n2\n700\n700\n700\n", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [Fact]
    public async Task A_program_has_clean_signals_whatever_osl_was_started_with()
    {
        var outcome = await _osl.RunOtherAsync(
            "/usr/bin/env",
            "--block-signal",
            "--ignore-signal=XFSZ,USR1",
            OslCommandLine.Path,
            "run",
            "--",
            "grep",
            "-E",
            "^Sig(Blk|Ign)",
            "/proc/self/status"
        );
        Assert.Equal("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", outcome.Output);
    }

    [Theory]
    [InlineData("SIGINT")]
    [InlineData("SIGQUIT")]
    [InlineData("SIGHUP")]
    [InlineData("SIGTERM")]
    public async Task A_signal_to_its_group_that_meets_a_helper_before_its_session_is_not_the_helpers_end(string signal)
    {
        // Between clone and setsid a helper is in osl's group: a Ctrl-C of that moment is for it too.
        var outcome = await _osl.RunOtherAsync(
            "/bin/sh",
            "-c",
            $"exec strace -f -qq -o trace -e trace=setsid -e inject=setsid:signal={signal}:when=1 $OSL run -- echo hi"
        );
        Assert.SkipWhen(
            outcome.Error.Contains("strace:", StringComparison.Ordinal) || outcome.ExitCode == 127,
            $"strace can't do it here: {outcome.Error}"
        );

        Assert.Equal((0, "hi\n", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
        Assert.Empty(Marked.Alive(_osl.Directory));
    }

    [Fact]
    public async Task A_large_environment_and_long_arguments_come_through()
    {
        var script =
            "i=0; while [ $i -lt 500 ]; do export V$i=$(printf %01000d $i); i=$((i+1)); done; exec $OSL run -- sh -c 'echo ${#V499} ${#1}' sh $(printf %0120000d 1)";
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", script);
        Assert.Equal((0, "1000 120000\n"), (outcome.ExitCode, outcome.Output));
    }

    [Theory]
    [InlineData("run --audit-dir here true", 125)]
    [InlineData("ps --audit-dir here", 1)]
    [InlineData("audit list --audit-dir here", 1)]
    [InlineData("audit show 0 --audit-dir here", 1)]
    [InlineData("kill-group 2000000000 --audit-dir here", 1)]
    [InlineData("doctor --audit-dir here", 1)]
    public async Task A_relative_directory_under_a_deleted_one_is_refused_in_words(string command, int code)
    {
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"mkdir gone; cd gone; rmdir ../gone; exec $OSL {command}");

        Assert.Equal(code, outcome.ExitCode);
        Assert.StartsWith("osl: 'here' leads nowhere", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(2, outcome.Error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Without_a_home_an_ordinary_user_is_told_where_the_journal_could_be()
    {
        Assert.SkipWhen(Environment.UserName is "root", "Root's journal lies in the system's place.");
        const string bare = "env -u OSL_AUDIT_DIR -u XDG_STATE_HOME HOME=/no/such/home";
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", $"{bare} $OSL run true");

        Assert.Equal(125, outcome.ExitCode);
        Assert.StartsWith("osl: ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await _osl.RunOtherAsync("/bin/sh", "-c", $"{bare} $OSL doctor")).ExitCode);
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(
        "mount -t tmpfs -o size=64k none $D/full && mkdir -m 700 $D/full/a && export OSL_AUDIT_DIR=$D/full/a && head -c 70000 /dev/zero > $D/full/x",
        125
    )]
    [InlineData(
        "mount -t tmpfs none $D/full && mkdir -m 700 $D/full/a && export OSL_AUDIT_DIR=$D/full/a && mount -o remount,ro $D/full",
        125
    )]
    [InlineData("mount -t tmpfs -o noexec none $D/full && mkdir -m 700 $D/full/a && export OSL_AUDIT_DIR=$D/full/a", 0)]
    [InlineData("mount -t tmpfs none /dev", 125)]
    public async Task Another_file_system_works_or_is_refused_in_words(string mounts, int code)
    {
        Assert.SkipUnless(Environment.UserName is "root", "Needs root for a mount namespace.");
        System.IO.Directory.CreateDirectory(Path.Combine(_osl.Directory, "full"));
        var outcome = await _osl.RunOtherAsync(
            "/usr/bin/unshare",
            "--mount",
            "/bin/sh",
            "-c",
            $"D={_osl.Directory}; {{ {mounts}; }} 2>/dev/null; $OSL run -- sh -c 'echo hi'"
        );

        Assert.True(code == outcome.ExitCode, $"{outcome.ExitCode}: {outcome.Output}{outcome.Error}");
        Assert.Equal(code == 0 ? "hi\n" : "", outcome.Output);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(code != 0, outcome.Error.StartsWith("osl: ", StringComparison.Ordinal));
        Assert.Empty(Marked.Alive(_osl.Directory));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Without_proc_the_runtime_itself_says_that_it_cannot_start()
    {
        Assert.SkipUnless(Environment.UserName is "root", "Needs root for a mount namespace.");
        var outcome = await _osl.RunOtherAsync("/usr/bin/unshare", "--mount", "/bin/sh", "-c", "umount -l /proc; exec $OSL run -- echo hi");

        // Before any code of ours: knowledge/hostile-surroundings.md.
        Assert.Equal((137, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("Failed to create CoreCLR", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Marked.Alive(_osl.Directory));
    }
}
