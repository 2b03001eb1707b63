using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

public class StreamTests : LinuxExecutorTest
{
    [Fact]
    public async Task Captured_output_and_errors_are_kept_apart()
    {
        var streams = await Shell(
            "echo out; echo err >&2",
            output: StandardOutputConfig.Capture(),
            error: StandardOutputConfig.Capture()
        ).OutputEnded;

        Assert.Equal("out\n", streams.Output.Text);
        Assert.Equal("err\n", streams.Error.Text);
        Assert.True(streams.Output.IsComplete && streams.Error.IsComplete);
    }

    [Fact]
    public async Task Errors_can_go_where_output_goes()
    {
        var streams = await Shell(
            "echo one; echo two >&2; echo three",
            output: StandardOutputConfig.Capture(),
            error: StandardOutputConfig.SameAsOutput
        ).OutputEnded;

        Assert.Equal("one\ntwo\nthree\n", streams.Output.Text);
        Assert.Equal(CapturedOutput.Empty, streams.Error);
    }

    [Fact]
    public async Task Errors_alone_can_be_captured()
    {
        var streams = await Shell("echo out; echo err >&2", error: StandardOutputConfig.Capture()).OutputEnded;

        Assert.Equal(("", "err\n"), (streams.Output.Text, streams.Error.Text));
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(1000, 1001)]
    [InlineData(65536, 65536)]
    [InlineData(65537, 300000)]
    [InlineData(1048576, 5000000)]
    public async Task A_capture_keeps_the_first_bytes_and_counts_the_rest(int limit, int written)
    {
        var launched = Launch("/bin/sh", ["-c", $"yes 0123456789abcde | head -c {written}"], output: StandardOutputConfig.Capture(limit));

        var output = (await launched.OutputEnded).Output;

        Assert.Equal(written, output.TotalBytes);
        Assert.Equal(Math.Min(limit, written), output.Bytes.Length);
        Assert.Equal(written - output.Bytes.Length, output.BytesCutOff);
        for (var i = 0; i < output.Bytes.Length; i++)
        {
            Assert.Equal((byte)"0123456789abcde\n"[i % 16], output.Bytes.Span[i]);
        }

        await launched.Exited;
    }

    [Fact]
    public async Task Exit_and_end_of_output_are_two_events()
    {
        // The shell ends, what it left behind holds the pipe: and says so by living until its own input ends.
        var launched = Shell(
            "echo first; exec 3<&0; (cat <&3; echo last) & exit 7",
            StandardInputKind.Pipe,
            StandardOutputConfig.Capture()
        );

        var exit = await launched.Exited;

        Assert.Equal(7, exit.Status!.ExitCode);
        Assert.False(launched.OutputEnded.IsCompleted);
        await launched.StandardInput!.DisposeAsync();
        var output = (await launched.OutputEnded).Output;
        Assert.Equal("first\nlast\n", output.Text);
        Assert.True(output.IsComplete);
    }

    [Fact]
    public async Task Capturing_can_be_given_up_while_somebody_holds_the_pipe()
    {
        var launched = Shell("echo kept; exec 3<&0; cat <&3 & exit 0", StandardInputKind.Pipe, StandardOutputConfig.Capture());
        await launched.Exited;
        Assert.False(launched.OutputEnded.IsCompleted);

        launched.EndCapture();

        var output = (await launched.OutputEnded).Output;
        Assert.Equal("kept\n", output.Text);
        Assert.False(output.IsComplete);
        launched.EndCapture();
        await launched.StandardInput!.DisposeAsync();
    }

    [Fact]
    public async Task Giving_up_after_the_end_changes_nothing()
    {
        var launched = Shell("echo x", output: StandardOutputConfig.Capture());
        await launched.OutputEnded;

        launched.EndCapture();

        Assert.True((await launched.OutputEnded).Output.IsComplete);
    }

    [Fact]
    public async Task Much_data_goes_through_both_pipes_at_once()
    {
        const int Total = 64 * 1024 * 1024;
        var launched = Launch("cat", input: StandardInputKind.Pipe, output: StandardOutputConfig.Pipe);
        var block = RandomNumberGenerator.GetBytes(1024 * 1024);
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        var writing = Task.Run(
            async () =>
            {
                for (var written = 0; written < Total; written += block.Length)
                {
                    sent.AppendData(block);
                    await launched.StandardInput!.WriteAsync(block, Cancelled);
                }

                await launched.StandardInput!.DisposeAsync();
            },
            Cancelled
        );
        var buffer = new byte[100_000];
        long total = 0;
        int length;
        while ((length = await launched.StandardOutput!.ReadAsync(buffer, Cancelled)) > 0)
        {
            received.AppendData(buffer, 0, length);
            total += length;
        }

        await writing;
        Assert.Equal(Total, total);
        Assert.Equal(sent.GetHashAndReset(), received.GetHashAndReset());
        Assert.True((await launched.Exited).Status!.IsSuccess);
    }

    [Fact]
    public async Task Lines_go_back_and_forth()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe, output: StandardOutputConfig.Pipe);
        for (var i = 0; i < 500; i++)
        {
            var reading = ReadLine(launched.StandardOutput!);
            await launched.StandardInput!.WriteAsync(Encoding.ASCII.GetBytes($"line {i}\n"), Cancelled);
            Assert.Equal($"line {i}", await reading);
        }

        await launched.StandardInput!.DisposeAsync();
        Assert.Equal(0, await launched.StandardOutput!.ReadAsync(new byte[1], Cancelled));
    }

    [Fact]
    public async Task A_read_can_be_cancelled_and_the_next_one_goes_on()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe, output: StandardOutputConfig.Pipe);
        for (var i = 0; i < 300; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var reading = launched.StandardOutput!.ReadAsync(new byte[10], cancellation.Token).AsTask();
            var cancelling = cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
            await cancelling;
        }

        await launched.StandardInput!.WriteAsync("x\n"u8.ToArray(), Cancelled);
        Assert.Equal("x", await ReadLine(launched.StandardOutput!));
    }

    [Fact]
    public async Task Cancelling_a_read_races_with_data_and_loses_none()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe, output: StandardOutputConfig.Pipe);
        var received = new List<byte>();
        var buffer = new byte[1];
        for (var i = 0; i < 500; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var reading = launched.StandardOutput!.ReadAsync(buffer, cancellation.Token).AsTask();
            await launched.StandardInput!.WriteAsync(new[] { (byte)i }, Cancelled);
            await cancellation.CancelAsync();
            try
            {
                Assert.Equal(1, await reading);
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(1, await launched.StandardOutput!.ReadAsync(buffer, Cancelled));
            }

            received.Add(buffer[0]);
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(i => (byte)i), received);
    }

    [Fact]
    public async Task Disposing_ends_a_pending_read()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe, output: StandardOutputConfig.Pipe);
        var reading = launched.StandardOutput!.ReadAsync(new byte[1], Cancelled).AsTask();

        await launched.StandardOutput!.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadLine(launched.StandardOutput!));
    }

    [Fact]
    public async Task Writing_to_who_does_not_read_any_more_fails_and_kills_nobody()
    {
        var launched = Launch("true", input: StandardInputKind.Pipe);
        await launched.Exited;

        var error = await Assert.ThrowsAsync<IOException>(async () =>
            await launched.StandardInput!.WriteAsync(new byte[100_000], Cancelled)
        );

        Assert.Contains("EPIPE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_write_notices_that_the_reader_has_gone()
    {
        var launched = Shell("read line; exit 0", StandardInputKind.Pipe);

        await Assert.ThrowsAsync<IOException>(async () => await launched.StandardInput!.WriteAsync(NewLines(1_000_000), Cancelled));
    }

    [Fact]
    public async Task Only_one_read_at_a_time()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe, output: StandardOutputConfig.Pipe);
        var reading = launched.StandardOutput!.ReadAsync(new byte[1], Cancelled).AsTask();

        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadLine(launched.StandardOutput!));

        await launched.StandardInput!.DisposeAsync();
        Assert.Equal(0, await reading);
    }

    [Fact]
    public void Streams_can_be_read_synchronously()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe, output: StandardOutputConfig.Pipe);
        launched.StandardInput!.Write("hello\n"u8);
        using var reader = new StreamReader(launched.StandardOutput!);

        Assert.Equal("hello", reader.ReadLine());
    }

    [Fact]
    public async Task Lines_are_read_by_a_stream_reader()
    {
        var launched = Launch("seq", ["100000"], output: StandardOutputConfig.Pipe);
        using var reader = new StreamReader(launched.StandardOutput!);
        var count = 0;
        while (await reader.ReadLineAsync(Cancelled) is { } line)
        {
            Debug.Assert(line.Length > 0);
            count++;
        }

        Assert.Equal(100_000, count);
    }

    private static byte[] NewLines(int count)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, (byte)'\n');
        return bytes;
    }
}
