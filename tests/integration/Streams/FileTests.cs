using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Tests.Integration.Linux;
using Xunit;

namespace Osl.Tests.Integration.Streams;

[SupportedOSPlatform("linux")]
public class FileTests : StreamsTest
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Output_is_appended_to_a_file_by_the_program_itself()
    {
        var file = PathOf("log");
        var spawn = Script("echo one; echo two >&2; readlink /proc/self/fd/1")
            .WithStandardOutput(StandardOutputConfig.ToFile(file))
            .WithStandardError(StandardOutputConfig.ToFile(file));

        await RunAsync(spawn);
        await RunAsync(spawn);

        Assert.Equal($"one\ntwo\n{file}\none\ntwo\n{file}\n", await File.ReadAllTextAsync(file, Test));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_file_is_taken_from_the_working_directory_and_has_the_mode_that_is_named()
    {
        await RunAsync(Script("echo x").WithWorkingDirectory(Scratch).WithStandardOutput(StandardOutputConfig.ToFile("./log", 0x1A4)));

        Assert.Equal(OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(PathOf("log")));
    }

    [Fact]
    public async Task A_file_outlives_the_host_of_what_is_detached()
    {
        var file = PathOf("log");
        using var go = new Fifo(PathOf("go"));
        using var done = new Fifo(PathOf("done"));
        await using (var host = CreateHost(_ => { }))
        {
            await host.ExecuteAsync(
                    Script("read line <\"$1\"; echo done; echo x >\"$2\"", go.Path, done.Path)
                        .WithStandardOutput(StandardOutputConfig.ToFile(file))
                        .WithLifetime(ProcessLifetime.Detached),
                    Me,
                    Test
                )
                .OrThrow();
        }

        await File.WriteAllTextAsync(go.Path, "go\n", Test);
        Assert.Equal("x", await done.ReadLineAsync(Test));
        Assert.Equal("done\n", await File.ReadAllTextAsync(file, Test));
    }

    [Theory]
    [InlineData(4096, 1000)]
    [InlineData(65536, 1000)]
    [InlineData(100_001, 3)]
    public async Task A_rotated_file_is_exact(int size, int count)
    {
        var run = await RunAsync(Script("seq 1 200000").WithStandardOutput(StandardOutputConfig.ToRotatedFile(PathOf("log"), size, count)));

        Assert.True(run.ExitStatus.IsSuccess);
        var parts = Parts("log");
        var expected = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 200_000).Select(n => $"{n}\n")));
        Assert.Equal(expected.Length, run.StandardOutput.TotalBytes);
        Assert.Equal((true, true, 0L), (run.StandardOutput.IsComplete, run.StandardOutput.IsElsewhere, run.StandardOutput.BytesCutOff));
        Assert.Empty(run.StandardOutput.Losses);
        Assert.All(parts, part => Assert.InRange(part.Length, 1, size));
        Assert.All(parts, part => Assert.Equal((byte)'\n', part[^1]));
        byte[] whole = [.. parts.SelectMany(part => part)];
        Assert.True(parts.Count <= count + 1);
        Assert.Equal(count == 1000, whole.Length == expected.Length);
        Assert.True(expected.AsSpan().EndsWith(whole));
        Assert.True(whole.Length >= Math.Min(expected.Length, (long)(size - 4110) * count));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(PathOf("log.1")));
    }

    [Fact]
    public async Task A_line_longer_than_a_file_is_parted_and_nothing_is_lost()
    {
        await RunAsync(
            Script("head -c 20000 /dev/zero | tr '\\0' x; echo; echo end")
                .WithStandardOutput(StandardOutputConfig.ToRotatedFile(PathOf("log"), 4096, 100))
        );

        Assert.Equal(new string('x', 20_000) + "\nend\n", Encoding.ASCII.GetString([.. Parts("log").SelectMany(part => part)]));
        Assert.All(Parts("log"), part => Assert.InRange(part.Length, 1, 4096));
    }

    [Fact]
    public async Task A_file_that_is_there_is_gone_on_with_and_both_streams_of_two_programs_share_it()
    {
        await File.WriteAllTextAsync(PathOf("log"), new string('a', 4000) + "\n", Test);
        var file = StandardOutputConfig.ToRotatedFile(PathOf("log"), 8192, 100);
        var spawn = Script("for i in $(seq 500); do echo out $i; echo err $i >&2; done").WithStandardOutput(file).WithStandardError(file);

        await Task.WhenAll(RunAsync(spawn), RunAsync(spawn));

        var lines = Encoding.ASCII.GetString([.. Parts("log").SelectMany(part => part)]).Split('\n');
        Assert.All(Parts("log"), part => Assert.InRange(part.Length, 1, 8192));
        Assert.Equal(1 + 2000 + 1, lines.Length);
        Assert.Equal(2, lines.Count(line => line is "out 500"));
        Assert.Equal(2, lines.Count(line => line is "err 1"));
    }

    [Fact]
    public async Task A_second_host_does_not_rotate_the_same_file()
    {
        var spawn = Script("read line")
            .WithStandardInput(StandardInputKind.Pipe)
            .WithStandardOutput(StandardOutputConfig.ToRotatedFile(PathOf("log"), 4096));
        var first = await SpawnAsync(spawn);
        await using var other = CreateHost(_ => { });

        Assert.Equal("output_file_in_use", (await FailAsync(spawn, other)).Code);
        Assert.Equal(
            "output_file_in_use",
            (await FailAsync(spawn.WithStandardOutput(StandardOutputConfig.ToRotatedFile(PathOf("log"), 8192)))).Code
        );

        await first.Live.StandardInput!.DisposeAsync();
        await first.Live.OutputEnded;
        var second = await other.ExecuteAsync(spawn, Me, Test).OrThrow();
        await second.Live.StandardInput!.DisposeAsync();
        await second.Live.Exited;
    }

    [Fact]
    public async Task Where_others_could_put_something_else_nothing_is_written_and_nothing_started()
    {
        var open = Directory.CreateDirectory(PathOf("open")).FullName;
        File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
        await File.WriteAllTextAsync(PathOf("file"), "", Test);
        File.CreateSymbolicLink(PathOf("link"), PathOf("file"));
        await File.WriteAllTextAsync(PathOf("shared"), "", Test);
        File.SetUnixFileMode(PathOf("shared"), (UnixFileMode)0x1B6);
        using var fifo = new Fifo(PathOf("fifo"));
        Run("ln", PathOf("file"), PathOf("twin"));

        foreach (
            var (name, why) in new[]
            {
                ("open/log", "writable"),
                ("link", "symbolic link"),
                ("shared", "writable"),
                ("fifo", "regular"),
                ("twin", "another name"),
                ("audit", "regular"),
            }
        )
        {
            foreach (var rotate in new[] { 0, 4096 })
            {
                var error = await FailAsync(
                    Script("touch \"$1\"", PathOf("ran"))
                        .WithStandardOutput(StandardOutputConfig.ToRotatedFile(PathOf(name), rotate, count: 0))
                );
                Assert.IsType<PermissionRefused>(error);
                Assert.Contains(why, error.Message, StringComparison.Ordinal);
            }
        }

        Assert.IsType<NotFound>(
            await FailAsync(Script("touch \"$1\"", PathOf("ran")).WithStandardOutput(StandardOutputConfig.ToFile(PathOf("none/log"))))
        );
        Assert.False(File.Exists(PathOf("ran")));
        Assert.Empty(Directory.GetFiles(open));
    }

    [Fact]
    public async Task The_policy_judges_where_output_goes()
    {
        var logs = Directory.CreateDirectory(PathOf("logs")).FullName;
        string[] policy =
        [
            "version: 1",
            "rules:",
            "  - { id: plain, effect: allow, actions: [process.start], executable: { name: printf }, arguments: any }",
            $"  - {{ id: logs, effect: allow, actions: [process.start], executable: {{ name: printenv }}, arguments: any, paths: {{ under: {logs} }} }}",
        ];
        await File.WriteAllLinesAsync(PathOf("policy.yaml"), policy, Test);
        File.SetUnixFileMode(PathOf("policy.yaml"), OwnerOnly);
        await using var host = CreateHost(options => options.UsePolicyFile(PathOf("policy.yaml")));
        var printf = new SpawnProcessOperation("printf", ["x"]).WithNewProcessGroup();
        var printenv = new SpawnProcessOperation("printenv", ["PATH"]).WithNewProcessGroup();

        Assert.True((await host.ExecuteAsync(printf.WithStandardOutput(StandardOutputConfig.Null), Me, Test)).IsT0);
        var denied = await FailAsync(printf.WithStandardOutput(StandardOutputConfig.ToFile(Path.Combine(logs, "x"))), host);
        Assert.IsType<Denied>(denied);
        Assert.IsType<Denied>(await FailAsync(printenv.WithStandardOutput(StandardOutputConfig.ToFile(PathOf("x"))), host));
        Assert.True(
            (await host.ExecuteAsync(printenv.WithStandardOutput(StandardOutputConfig.ToFile(Path.Combine(logs, "x"))), Me, Test)).IsT0
        );
        Assert.False(File.Exists(PathOf("x")));
    }

    [Fact]
    public async Task A_rotation_that_fails_loses_nothing_and_is_told()
    {
        Directory.CreateDirectory(Path.Combine(PathOf("log.1"), "in the way"));

        var run = await RunAsync(Script("seq 1 5000").WithStandardOutput(StandardOutputConfig.ToRotatedFile(PathOf("log"), 4096, 1)));

        Assert.Equal(run.StandardOutput.TotalBytes, new FileInfo(PathOf("log")).Length);
        var loss = Assert.Single(run.StandardOutput.Losses);
        Assert.Equal((PathOf("log"), 0L), (loss.Target, loss.Bytes));
        Assert.Contains("rotation", loss.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_who_keeps_the_pipe_of_a_rotated_file_hangs_no_run()
    {
        using var gone = new Fifo(PathOf("gone"));
        using var go = new Fifo(PathOf("go"));
        const string Keeper = "setsid sh -c 'echo >\"$0\"; read line <\"$1\"' \"$1\" \"$2\" & read line <\"$1\"; echo kept";
        var run = await RunAsync(
            Script(Keeper, gone.Path, go.Path).WithStandardOutput(StandardOutputConfig.ToRotatedFile(PathOf("log"), 4096))
        );

        Assert.False(run.StandardOutput.IsComplete);
        Assert.Single(run.Escaped);
        Assert.Equal("kept\n", await File.ReadAllTextAsync(PathOf("log"), Test));
        await File.WriteAllTextAsync(go.Path, "go\n", Test);
    }

    [Fact]
    public async Task A_host_that_ends_has_written_what_its_programs_wrote()
    {
        await using (var host = CreateHost(_ => { }))
        {
            var spawned = await host.ExecuteAsync(
                    Script("trap '' TERM; seq 1 100000; echo ready >&2; exec sleep 600")
                        .WithGracePeriod(TimeSpan.FromMilliseconds(1))
                        .WithStandardOutput(StandardOutputConfig.ToRotatedFile(PathOf("log"), 1 << 20))
                        .WithStandardError(StandardOutputConfig.Pipe),
                    Me,
                    Test
                )
                .OrThrow();
            Assert.Equal("ready", await ReadLineAsync(spawned.Live.StandardError!));
        }

        Assert.EndsWith("\n100000\n", await File.ReadAllTextAsync(PathOf("log"), Test), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_full_disk_ends_nobody_and_what_is_lost_is_counted()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to mount a small disk");
        var disk = Directory.CreateDirectory(PathOf("disk")).FullName;
        Run("mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", disk);
        try
        {
            var run = await RunAsync(
                Script("seq 1 100000; echo end >&2")
                    .WithStandardOutput(StandardOutputConfig.ToRotatedFile(Path.Combine(disk, "log"), 1 << 20))
                    .WithStandardError(StandardOutputConfig.Capture())
            );

            Assert.True(run.ExitStatus.IsSuccess);
            Assert.Equal("end\n", run.StandardError.Text);
            var loss = Assert.Single(run.StandardOutput.Losses);
            Assert.Contains("ENOSPC", loss.Reason, StringComparison.Ordinal);
            Assert.Equal(588_895, run.StandardOutput.TotalBytes);
            Assert.Equal(run.StandardOutput.TotalBytes - new FileInfo(Path.Combine(disk, "log")).Length, loss.Bytes);
            await using var journal = new FileStream(
                Directory.GetFiles(PathOf("audit"), "*", SearchOption.AllDirectories).First(file => new FileInfo(file).Length > 1000),
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            using var reader = new StreamReader(journal);
            Assert.Contains($"\"output_lost\":{loss.Bytes}", await reader.ReadToEndAsync(Test), StringComparison.Ordinal);
        }
        finally
        {
            Run("umount", disk);
        }
    }

    /// <summary>A file and what was rotated, the oldest first.</summary>
    private List<byte[]> Parts(string name)
    {
        var parts = new List<byte[]>();
        for (var number = 1; File.Exists(PathOf($"{name}.{number}")); number++)
        {
            parts.Insert(0, File.ReadAllBytes(PathOf(string.Create(CultureInfo.InvariantCulture, $"{name}.{number}"))));
        }

        parts.Add(File.ReadAllBytes(PathOf(name)));
        return parts;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
