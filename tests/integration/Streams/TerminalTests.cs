using System.Runtime.Versioning;
using System.Text;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Streams;

[SupportedOSPlatform("linux")]
[Collection(nameof(Alone))]
public class TerminalTests : StreamsTest
{
    private static readonly StandardOutputConfig Capture = StandardOutputConfig.Capture();

    [Fact]
    public async Task A_program_has_its_terminal_as_all_streams_and_as_its_controlling_terminal()
    {
        var run = await RunAsync(
            Script(
                    "test -t 0 && test -t 1 && test -t 2 && tty && stty size && ps -o sid=,pgid=,tpgid= -p $$ && echo $$ && echo here >/dev/tty"
                )
                .WithTerminal(null, Capture)
        );

        Assert.True(run.ExitStatus.IsSuccess, run.StandardOutput.Text);
        var lines = run.StandardOutput.Text.Split("\r\n");
        Assert.StartsWith("/dev/pts/", lines[0], StringComparison.Ordinal);
        Assert.Equal("24 80", lines[1]);
        Assert.All(lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries), id => Assert.Equal(lines[3], id));
        Assert.Equal(["here", ""], lines[4..], StringComparer.Ordinal);
        Assert.True(run.StandardOutput.IsComplete);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_terminal_of_another_account_belongs_to_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Needs root to become another account.");
        Assert.SkipWhen(WithoutPidfds, "not here: another account is Linux's launch thread's; it is refused.");
        var spawn = Script("id -u && stat -c %u \"$(tty)\" && echo here >/dev/tty").WithTerminal(null, Capture) with
        {
            RunAs = new RunAs("65534", "65534"),
            WorkingDirectory = "/",
        };
        var run = await RunAsync(spawn);

        Assert.Equal("65534\r\n65534\r\nhere\r\n", run.StandardOutput.Text);
    }

    [Fact]
    public async Task A_policy_that_wants_a_new_session_takes_a_terminal_for_one()
    {
        string[] policy =
        [
            "version: 1",
            "rules:",
            "  - { id: sh, effect: allow, actions: [process.start], executable: { name: sh }, arguments: any, require: { newSession: true } }",
        ];
        await File.WriteAllLinesAsync(PathOf("policy.yaml"), policy, Test);
        await using var host = CreateHost(options => options.UsePolicyFile(PathOf("policy.yaml")));
        var shell = new SpawnProcessOperation("sh", ["-c", "exit 0"]).WithStandardOutput(StandardOutputConfig.Null);

        Assert.IsType<Denied>(await FailAsync(shell, host));
        Assert.True((await host.ExecuteAsync(shell.WithTerminal(), Me, Test)).IsT0);
    }

    [Fact]
    public async Task A_terminal_has_the_size_that_is_named_and_can_be_resized()
    {
        var shell = await SpawnAsync(
            Script("trap 'stty size; exit 3' WINCH; stty size; while :; do read line; done").WithTerminal(new TerminalSize(132, 50))
        );
        Assert.Equal("50 132", await ReadLineAsync(shell.Live.StandardOutput!));

        Assert.Null(shell.Live.ResizeTerminal(new TerminalSize(100, 30)));

        Assert.Equal("30 100", await ReadLineAsync(shell.Live.StandardOutput!));
        Assert.Equal(3, (await shell.Live.Exited).Status!.ExitCode);
        Assert.IsType<ValidationFailed>(shell.Live.ResizeTerminal(new TerminalSize(0, 1)));
        await shell.Live.DisposeAsync();
        Assert.IsType<Unsupported>(shell.Live.ResizeTerminal(new TerminalSize(100, 30)));
    }

    [Fact]
    public async Task What_has_no_terminal_has_none_to_be_resized()
    {
        var plain = await SpawnAsync(Script("exit 0"));

        Assert.IsType<Unsupported>(plain.Live.ResizeTerminal(TerminalSize.Default));
    }

    [Fact]
    public async Task What_is_typed_arrives_and_is_echoed_and_control_keys_are_signals()
    {
        var cat = await SpawnAsync(Script("echo ready; exec cat").WithTerminal());
        Assert.Equal("ready", await ReadLineAsync(cat.Live.StandardOutput!));

        await cat.Live.StandardInput!.WriteAsync("hello\n"u8.ToArray(), Test);
        Assert.Equal("hello", await ReadLineAsync(cat.Live.StandardOutput!));
        Assert.Equal("hello", await ReadLineAsync(cat.Live.StandardOutput!));
        await cat.Live.StandardInput!.WriteAsync(new byte[] { 0x03 }, Test);

        Assert.Equal(Signal.Interrupt, (await cat.Live.Exited).Status!.Signal);
    }

    [Fact]
    public async Task The_end_of_input_can_be_typed()
    {
        var cat = await SpawnAsync(Script("echo ready; exec cat").WithTerminal());
        Assert.Equal("ready", await ReadLineAsync(cat.Live.StandardOutput!));

        await cat.Live.StandardInput!.WriteAsync(new byte[] { 0x04 }, Test);

        Assert.Equal(0, (await cat.Live.Exited).Status!.ExitCode);
        Assert.Equal(0, await cat.Live.StandardOutput!.ReadAsync(new byte[1], Test));
    }

    [Fact]
    public async Task Megabytes_are_complete_when_the_program_ends_at_once_after_them()
    {
        var run = await RunAsync(
            Script("stty -opost; seq 1 300000")
                .WithTerminal(null, StandardOutputConfig.Capture(16 << 20), StandardOutputConfig.ToFile(PathOf("log")))
        );

        var expected = string.Concat(Enumerable.Range(1, 300_000).Select(n => $"{n}\n"));
        Assert.Equal(expected.Length, run.StandardOutput.TotalBytes);
        Assert.Equal(expected, run.StandardOutput.Text);
        Assert.Equal(expected, await File.ReadAllTextAsync(PathOf("log"), Test));
    }

    [Fact]
    public async Task Closing_a_terminal_hangs_up()
    {
        var cat = await SpawnAsync(Script("echo ready; exec cat").WithTerminal());
        Assert.Equal("ready", await ReadLineAsync(cat.Live.StandardOutput!));

        await cat.Live.DisposeAsync();

        Assert.Equal(Signal.Hangup, (await cat.Live.Exited).Status!.Signal);
    }

    [Fact]
    public async Task Somebody_left_in_the_background_with_the_terminal_hangs_nobody()
    {
        var run = await RunAsync(Script("trap '' HUP; sleep 600 & echo done").WithTerminal(null, Capture));

        Assert.Equal("done\r\n", run.StandardOutput.Text);
        Assert.True(run.StandardOutput.IsComplete);
        Assert.Equal(1, run.LeftBehind);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_leaves_nobody_at_its_terminal()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Test);
        using var bell = new Linux.Fifo(PathOf("bell"));
        var running = Osl.ExecuteAsync(
            new RunProcessOperation(Script("echo $$ >\"$1\"; exec sleep 600", bell.Path).WithTerminal(null, Capture)),
            Me,
            cancellation.Token
        );
        var pid = int.Parse((await bell.ReadLineAsync(Test))!, System.Globalization.CultureInfo.InvariantCulture);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await running);
        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public async Task Nothing_of_terminals_is_left_open()
    {
        // What earlier tests have dropped is closed by its finalizer, some time.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Masters();
        for (var i = 0; i < 20; i++)
        {
            await RunAsync(Script("echo x").WithTerminal(null, Capture));
            var spawned = await SpawnAsync(Script("exit 0").WithTerminal());
            await spawned.Live.DisposeAsync();
            await spawned.Live.Exited;
            await FailAsync(new SpawnProcessOperation(PathOf("none")).WithTerminal());
        }

        Assert.Equal(before, Masters());

        static int Masters() =>
            new DirectoryInfo("/proc/self/fd").GetFileSystemInfos().Count(fd => fd.LinkTarget is "/dev/ptmx" or "/dev/pts/ptmx");
    }
}
