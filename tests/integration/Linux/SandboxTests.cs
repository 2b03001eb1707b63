using System.Globalization;
using System.Runtime.Versioning;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What a sandbox grants can be used, and what it does not grant can't; as root and as an ordinary user.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SandboxTests : SandboxTest
{
    private const string Root = "Only root may start as somebody else.";

    [Fact]
    public async Task What_may_be_read_is_read_and_nothing_else()
    {
        var sandbox = Programs with { ReadPaths = [$"{Scratch}/open"] };
        var output = await ShellAsync(
            sandbox,
            "cat SCRATCH/open/file; ls SCRATCH/open; cat SCRATCH/closed/file; echo x >> SCRATCH/open/file; ls SCRATCH"
        );

        Assert.Contains("open\nfile\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.Contains(
            "SCRATCH/open/file: Permission denied".Replace("SCRATCH", Scratch, StringComparison.Ordinal),
            output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("closed\n", output, StringComparison.Ordinal);
        Assert.Equal("open\n", await File.ReadAllTextAsync($"{Scratch}/open/file", Cancelled));
    }

    [Fact]
    public async Task What_may_be_written_is_written_made_renamed_and_removed_and_not_read()
    {
        var sandbox = Programs with { WritePaths = [$"{Scratch}/open"] };
        var output = await ShellAsync(
            sandbox,
            "cd SCRATCH/open; echo new > made; mkdir dir; mv made dir/moved; ln -s x link; mkfifo fifo; : > file; rm link fifo; cat file; echo done"
        );

        Assert.EndsWith("done\n", output, StringComparison.Ordinal);
        Assert.Contains("cat: file: Permission denied", output, StringComparison.Ordinal);
        Assert.Equal("new\n", await File.ReadAllTextAsync($"{Scratch}/open/dir/moved", Cancelled));
        Assert.Equal(0, new FileInfo($"{Scratch}/open/file").Length);
        Assert.False(File.Exists($"{Scratch}/open/link"));
    }

    [Fact]
    public async Task A_single_file_can_be_granted()
    {
        var sandbox = Programs with { ReadPaths = [$"{Scratch}/closed/file"], WritePaths = [$"{Scratch}/open/file"] };
        var output = await ShellAsync(sandbox, "cat SCRATCH/closed/file; echo written > SCRATCH/open/file; echo no > SCRATCH/open/other");

        Assert.StartsWith("secret\n", output, StringComparison.Ordinal);
        Assert.Equal("written\n", await File.ReadAllTextAsync($"{Scratch}/open/file", Cancelled));
        Assert.False(File.Exists($"{Scratch}/open/other"));
    }

    [Fact]
    public void A_program_that_may_not_be_executed_is_told_with_what_it_needs()
    {
        var refused = Assert.IsType<SpawnFailed>(Refusal(new SandboxConfig { ReadPaths = ["/"] }));
        Assert.Contains("its sandbox does not let it execute '/usr/bin/true'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ld-", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--exec", refused.Remedy, StringComparison.Ordinal);

        // The program alone is not enough: the kernel executes its loader too.
        refused = Assert.IsType<SpawnFailed>(Refusal(new SandboxConfig { ReadPaths = ["/"], ExecutePaths = ["/bin/true"] }));
        Assert.DoesNotContain("'/usr/bin/true' and", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ld-", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relative_paths_are_of_the_working_directory_and_links_are_followed()
    {
        File.CreateSymbolicLink($"{Scratch}/link", $"{Scratch}/open");
        var sandbox = Programs with { ReadPaths = [$"{Scratch}/open/../link"] };
        Assert.Equal("open\n", await ShellAsync(sandbox, "cat SCRATCH/open/file"));
        // LaunchPlan's working directory is the root.
        Assert.Equal("open\n", await ShellAsync(Programs with { ReadPaths = [$"{Scratch}/open".TrimStart('/')] }, "cat SCRATCH/open/file"));
    }

    [Fact]
    public void What_is_not_there_can_not_be_granted()
    {
        var missing = Assert.IsType<NotFound>(Refusal(Programs with { ReadPaths = [$"{Scratch}/nowhere"] }));
        Assert.Contains($"{Scratch}/nowhere", missing.Message, StringComparison.Ordinal);
        Assert.Equal(MissingThing.Path, missing.Thing);
    }

    [Fact]
    public async Task Without_paths_files_are_not_limited_but_for_osls_own()
    {
        var sandbox = new SandboxConfig();
        var output = await ShellAsync(
            sandbox,
            "cat SCRATCH/closed/file SCRATCH/state/other; echo x > SCRATCH/open/new; cat SCRATCH/state/audit/journal SCRATCH/policy.yaml; echo y > SCRATCH/state/audit/new"
        );

        Assert.StartsWith("secret\nother\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("journal\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("version", output, StringComparison.Ordinal);
        Assert.Equal("x\n", await File.ReadAllTextAsync($"{Scratch}/open/new", Cancelled));
        Assert.False(File.Exists($"{Scratch}/state/audit/new"));
    }

    [Fact]
    public async Task What_is_osls_own_is_out_of_reach_though_its_parent_is_granted()
    {
        var sandbox = Programs with { ReadPaths = [Scratch] };
        var output = await ShellAsync(
            sandbox,
            "ls SCRATCH; cat SCRATCH/closed/file SCRATCH/state/other; cat SCRATCH/state/audit/journal; cat SCRATCH/policy.yaml; cat SCRATCH/state/audit/../audit/journal"
        );

        Assert.Contains("closed\n", output, StringComparison.Ordinal);
        Assert.Contains("secret\nother\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("journal\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("version", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/state")]
    [InlineData("/state/audit")]
    [InlineData("/state/audit/journal")]
    [InlineData("/policy.yaml")]
    public void What_is_osls_own_can_not_be_granted_for_writing(string below)
    {
        var refused = Assert.IsType<PermissionRefused>(Refusal(Programs with { WritePaths = [Scratch + below] }));
        Assert.Contains("Osl's own", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_osls_own_can_not_be_named_by_a_link_either()
    {
        File.CreateSymbolicLink($"{Scratch}/open/way", $"{Scratch}/state/audit");
        Assert.IsType<PermissionRefused>(Refusal(Programs with { ReadPaths = [$"{Scratch}/open/way"] }));
        Assert.IsType<PermissionRefused>(Refusal(Programs with { ExecutePaths = [$"{Scratch}/state/audit/journal"] }));
    }

    [Fact]
    public async Task Directly_beside_osls_own_nothing_is_made_and_what_is_there_is_used()
    {
        // Directly beside something of Osl's nothing can be made; one directory on it can.
        var output = await ShellAsync(
            new SandboxConfig(),
            "echo x > SCRATCH/new; echo x > SCRATCH/closed/new; echo x >> SCRATCH/state/other; echo over"
        );
        Assert.Contains("new: Permission denied", output, StringComparison.Ordinal);
        Assert.False(File.Exists($"{Scratch}/new"));
        Assert.True(File.Exists($"{Scratch}/closed/new"));
        Assert.Equal("other\nx\n", await File.ReadAllTextAsync($"{Scratch}/state/other", Cancelled));
    }

    [Fact]
    public async Task It_brings_no_new_privileges_and_a_filter_with_it()
    {
        var status = await ShellAsync(new SandboxConfig(), "cat /proc/self/status");
        Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_and_containment_go_with_it()
    {
        var context = new SpawnProcessOperation("/bin/sh")
        {
            Limits = new ResourceLimits { OpenFiles = 37 },
            Umask = 0x1FF,
        };
        var launched = TryRun(Programs, "/bin/sh", ["-c", "ulimit -n; umask"], context).OrThrow();
        Assert.Equal("37\n0777\n", (await launched.OutputEnded).Output.Text);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Another_account_can_be_held_by_it()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, Root);
        File.SetUnixFileMode(Scratch, (UnixFileMode)0x1ED);
        var sandbox = Programs with { ReadPaths = [$"{Scratch}/open"], NoNetwork = true };
        var context = new SpawnProcessOperation("/bin/sh")
        {
            RunAs = new RunAs("nobody"),
            Limits = new ResourceLimits { OpenFiles = 99 },
        };
        var script = $"id -u; ulimit -n; cat {Scratch}/open/file {Scratch}/closed/file";
        var output = (await TryRun(sandbox, "/bin/sh", ["-c", script], context).OrThrow().OutputEnded).Output.Text;
        Assert.StartsWith("65534\n99\nopen\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_pid_namespace_and_a_sandbox_go_together_but_for_proc()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "A pid namespace needs root.");
        var context = new SpawnProcessOperation("/bin/sh") { Containment = Containment.PidNamespace };
        var launched = TryRun(Programs, "/bin/sh", ["-c", $"echo $$; cat {Scratch}/closed/file"], context).OrThrow();
        var output = (await launched.OutputEnded).Output.Text;
        Assert.StartsWith("1\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);

        var refused = Assert.IsType<Unsupported>(Refusal(Programs with { ReadPaths = ["/proc"] }, context));
        Assert.Contains("/proc", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_of_its_own_can_be_used()
    {
        var launched = TryRun(
                Programs,
                "/bin/sh",
                ["-c", "tty && stty size"],
                output: StandardOutputConfig.Terminal(new TerminalSize(100, 30)),
                input: StandardInputKind.Terminal
            )
            .OrThrow();
        using var reader = new StreamReader(launched.StandardOutput!);
        Assert.StartsWith("/dev/pts/", await reader.ReadLineAsync(Cancelled), StringComparison.Ordinal);
        Assert.Equal("30 100", await reader.ReadLineAsync(Cancelled));
    }

    [Fact]
    public async Task What_is_open_already_stays_open()
    {
        var launched = TryRun(Programs, "/bin/cat", [], output: StandardOutputConfig.Pipe, input: StandardInputKind.Pipe).OrThrow();
        await launched.StandardInput!.WriteAsync("through\n"u8.ToArray(), Cancelled);
        Assert.Equal("through", await ReadLine(launched.StandardOutput!));
        await launched.StandardInput.DisposeAsync();
        Assert.True((await launched.Exited).Status!.IsSuccess);
    }

    [Fact]
    public async Task The_host_is_as_before()
    {
        var before = Threads();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("", await RunAsync(Programs with { NoNetwork = true }, "/bin/true"));
        }

        Assert.Equal(before, Threads());
        // In a Landlock domain that could not be read by its path.
        Assert.Equal("secret\n", await File.ReadAllTextAsync($"{Scratch}/closed/file", Cancelled));
        await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => Assert.Equal("secret\n", File.ReadAllText($"{Scratch}/closed/file"))))
        );
    }

    /// <summary>Each kind of thread there is, by what a sandbox would change of it; a filter that Osl itself was started under stays.</summary>
    private static List<string> Threads()
    {
        var kinds = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                var lines = File.ReadLines($"{task}/status")
                    .Where(line =>
                        line.StartsWith("NoNewPrivs", StringComparison.Ordinal) || line.StartsWith("Seccomp", StringComparison.Ordinal)
                    );
                kinds.Add(string.Join(' ', lines) + new FileInfo($"{task}/ns/net").LinkTarget);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // That thread has ended meanwhile.
            }
        }

        return [.. kinds];
    }
}
