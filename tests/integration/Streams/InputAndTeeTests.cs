using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Streams;

[SupportedOSPlatform("linux")]
public class InputAndTeeTests : StreamsTest
{
    [Theory]
    [InlineData("")]
    [InlineData("hello\n")]
    [InlineData("näh\0€")]
    public async Task A_text_is_the_input(string text)
    {
        var run = await RunAsync(Script("exec cat").WithInputText(text).WithCapturedOutput());

        Assert.Equal(text, run.StandardOutput.Text);
    }

    [Fact]
    public async Task A_long_text_needs_nobody_to_read_it_and_no_record_holds_it()
    {
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(n => $"needle{n}"))[..SpawnProcessOperation.LongestInputText];
        var run = await RunAsync(Script("sha256sum").WithInputText(text).WithCapturedOutput());

        Assert.StartsWith(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            run.StandardOutput.Text,
            StringComparison.Ordinal
        );
        Assert.True((await RunAsync(Script("exit 0").WithInputText(text))).ExitStatus.IsSuccess);
        foreach (var file in Directory.GetFiles(PathOf("audit"), "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain("needle", await ReadSharedAsync(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task One_programs_output_is_the_next_ones_input_and_the_host_is_not_between()
    {
        var first = await SpawnAsync(Script("readlink /proc/self/fd/1; exec seq 1 100000").WithStandardOutput(StandardOutputConfig.Pipe));
        var run = await RunAsync(Script("readlink /proc/self/fd/0; exec cat").WithInputFrom(first).WithCapturedOutput(16 << 20));

        var lines = run.StandardOutput.Text.Split('\n');
        Assert.StartsWith("pipe:", lines[0], StringComparison.Ordinal);
        Assert.Equal(lines[0], lines[1]);
        Assert.Equal(Enumerable.Range(1, 100_000).Select(n => $"{n}").Append(""), lines[2..], StringComparer.Ordinal);
        Assert.True((await first.Live.Exited).Status!.IsSuccess);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadLineAsync(first.Live.StandardOutput!));
        Assert.DoesNotContain(
            new DirectoryInfo("/proc/self/fd").GetFileSystemInfos(),
            fd => string.Equals(fd.LinkTarget, lines[0], StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_program_that_has_ended_can_still_be_read_by_the_next_one()
    {
        var first = await SpawnAsync(Script("echo early").WithStandardOutput(StandardOutputConfig.Pipe));
        await first.Live.Exited;

        Assert.Equal("early\n", (await RunAsync(Script("exec cat").WithInputFrom(first).WithCapturedOutput())).StandardOutput.Text);
    }

    [Fact]
    public async Task Only_ones_own_output_can_be_taken_and_only_once()
    {
        var first = await SpawnAsync(Script("echo x").WithStandardOutput(StandardOutputConfig.Pipe));
        var second = Script("exec cat >/dev/null").WithInputFrom(first);

        Assert.IsType<NotFound>(await FailAsync(second, context: new OperationContext(new Principal("somebody-else"))));
        Assert.IsType<NotFound>(await FailAsync(second with { InputFrom = OperationId.New(DateTimeOffset.UnixEpoch) }));
        // What could not be started has taken nothing.
        Assert.IsType<NotFound>(await FailAsync(second with { Program = PathOf("none") }));
        Assert.IsType<SpawnFailed>(await FailAsync(second with { Arguments = [new string('x', 200_000)] }));
        Assert.True((await RunAsync(second)).ExitStatus.IsSuccess);
        await FailAsync(second);
    }

    [Fact]
    public async Task A_stream_is_copied_to_the_input_as_far_as_it_is_wanted()
    {
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        var sum = await SpawnAsync(
            Script("exec sha256sum").WithStandardInput(StandardInputKind.Pipe).WithStandardOutput(StandardOutputConfig.Pipe)
        );
        Assert.Equal(bytes.Length, await sum.Live.CopyInputAsync(new MemoryStream(bytes), Test));
        Assert.StartsWith(
            Convert.ToHexStringLower(SHA256.HashData(bytes)),
            await ReadLineAsync(sum.Live.StandardOutput!),
            StringComparison.Ordinal
        );

        var head = await SpawnAsync(Script("exec head -c 10").WithStandardInput(StandardInputKind.Pipe));
        Assert.InRange(await head.Live.CopyInputAsync(new MemoryStream(bytes), Test), 0, bytes.Length - 1);
        Assert.True((await head.Live.Exited).Status!.IsSuccess);

        var cat = await SpawnAsync(
            Script("exec cat").WithStandardInput(StandardInputKind.Pipe).WithStandardOutput(StandardOutputConfig.Pipe)
        );
        Assert.Equal(5, await cat.Live.CopyInputAsync("text\n", Test));
        Assert.Equal("text", await ReadLineAsync(cat.Live.StandardOutput!));
    }

    [Fact]
    public async Task Lines_come_one_by_one_and_streams_are_copied()
    {
        var said = await SpawnAsync(
            Script("printf 'one\\n\\303\\050\\n\\nlast'; echo bad >&2")
                .WithStandardOutput(StandardOutputConfig.Pipe)
                .WithStandardError(StandardOutputConfig.Pipe)
        );
        var lines = new List<string>();
        await foreach (var line in said.Live.ReadLinesAsync(cancellationToken: Test))
        {
            lines.Add(line);
        }

        using var errors = new MemoryStream();
        Assert.Equal(["one", "\uFFFD(", "", "last"], lines, StringComparer.Ordinal);
        Assert.Equal(4, await said.Live.CopyOutputAsync(errors, errors: true, Test));
        Assert.Equal("bad\n"u8, errors.ToArray());
    }

    [Fact]
    public async Task Who_reads_no_further_holds_the_program_back()
    {
        using var bell = new Linux.Fifo(PathOf("bell"));
        var flood = await SpawnAsync(
            Script("yes | head -c 10000000; echo done >\"$1\"", bell.Path)
                .WithStandardOutput(StandardOutputConfig.Tee(StandardOutputConfig.Pipe, StandardOutputConfig.ToFile(PathOf("log"))))
        );
        var done = bell.ReadLineAsync(Test);
        Assert.Equal("y", await ReadLineAsync(flood.Live.StandardOutput!));

        // Three pipes of 64 KiB and a buffer lie between; the rest has to wait in the program, which therefore can't be done.
        Assert.False(done.IsCompleted);
        Assert.InRange(new FileInfo(PathOf("log")).Length, 0, 400_000);
        var rest = await flood.Live.CopyOutputAsync(Stream.Null, cancellationToken: Test);

        Assert.Equal("done", await done);
        await flood.Live.OutputEnded;
        Assert.Equal(10_000_000, rest + 2);
        Assert.Equal(10_000_000, new FileInfo(PathOf("log")).Length);
    }

    [Fact]
    public async Task Everything_gets_to_every_target()
    {
        var all = StandardOutputConfig.Tee(
            StandardOutputConfig.Capture(1000),
            StandardOutputConfig.ToFile(PathOf("plain")),
            StandardOutputConfig.ToRotatedFile(PathOf("rotated"), 1 << 20),
            StandardOutputConfig.Pipe
        );
        var spawned = await SpawnAsync(Script("seq 1 50000").WithStandardOutput(all));
        using var read = new MemoryStream();
        await spawned.Live.CopyOutputAsync(read, cancellationToken: Test);
        var output = (await spawned.Live.OutputEnded).Output;

        var expected = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 50_000).Select(n => $"{n}\n")));
        Assert.Equal(expected, read.ToArray());
        Assert.Equal(expected, await File.ReadAllBytesAsync(PathOf("plain"), Test));
        Assert.Equal(expected, await File.ReadAllBytesAsync(PathOf("rotated"), Test));
        Assert.Equal(expected[..1000], output.Bytes.ToArray());
        Assert.Equal((expected.Length, expected.Length - 1000, true), (output.TotalBytes, output.BytesCutOff, output.IsComplete));
        Assert.Empty(output.Losses);
    }

    [Fact]
    public async Task A_target_that_nobody_reads_any_more_ends_nobody_and_is_told()
    {
        var spawned = await SpawnAsync(
            Script("read line; seq 1 50000")
                .WithStandardInput(StandardInputKind.Pipe)
                .WithStandardOutput(StandardOutputConfig.Tee(StandardOutputConfig.Pipe, StandardOutputConfig.Capture()))
        );
        await spawned.Live.StandardOutput!.DisposeAsync();
        await spawned.Live.CopyInputAsync("\n", Test);

        var output = (await spawned.Live.OutputEnded).Output;
        Assert.True((await spawned.Live.Exited).Status!.IsSuccess);
        Assert.Equal(288_894, output.Bytes.Length);
        // Somebody else's start may hold our end open for a moment, until its exec: what the pipe takes meanwhile is not lost yet.
        const int PipeCapacity = 64 * 1024;
        Assert.Equal("pipe", Assert.Single(output.Losses).Target);
        Assert.InRange(output.Losses[0].Bytes, output.TotalBytes - PipeCapacity, output.TotalBytes);
    }

    [Fact]
    public async Task Capturing_can_be_given_up_while_a_target_is_not_read()
    {
        var spawned = await SpawnAsync(
            Script("seq 1 1000000")
                .WithStandardOutput(StandardOutputConfig.Tee(StandardOutputConfig.Pipe, StandardOutputConfig.Capture(16 << 20)))
        );
        Assert.Equal("1", await ReadLineAsync(spawned.Live.StandardOutput!));

        spawned.Live.EndCapture();

        var output = (await spawned.Live.OutputEnded).Output;
        Assert.False(output.IsComplete);
        Assert.Equal(output.TotalBytes, output.Bytes.Length);
        Assert.StartsWith("1\n2\n", output.Text, StringComparison.Ordinal);
    }

    private static async Task<string> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Test);
    }
}
