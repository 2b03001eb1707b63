using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Windows;

public sealed class StreamTests : WindowsExecutorTest
{
    [Fact]
    public async Task Input_and_output_are_pipes_and_end()
    {
        var launched = Child(["cat"]);
        var bytes = new byte[300_000];
        Random.Shared.NextBytes(bytes);
        var copied = new MemoryStream();
        var reading = launched.StandardOutput!.CopyToAsync(copied, Cancelled);

        await launched.StandardInput!.WriteAsync(bytes, Cancelled);
        await launched.StandardInput.DisposeAsync();
        await reading;

        Assert.Equal(bytes, copied.ToArray());
        Assert.Equal(0, (await launched.Exited).Status!.ExitCode);
    }

    [Fact]
    public async Task A_capture_keeps_the_first_bytes_and_counts_the_rest()
    {
        var launched = TryLaunch(TestChild, ["fill-pipe", "1000000"], output: StandardOutputConfig.Capture(1000)).OrThrow();

        var output = (await launched.OutputEnded).Output;

        Assert.Equal(1000, output.Bytes.Length);
        Assert.Equal(1_000_000, output.TotalBytes);
        Assert.True(output.IsComplete);
    }

    [Fact]
    public async Task A_capture_that_somebody_else_holds_open_can_be_given_up()
    {
        var launched = TryLaunch(TestChild, ["leave-children", "1"], StandardInputKind.Pipe, StandardOutputConfig.Capture()).OrThrow();
        await launched.Exited;
        Assert.False(launched.OutputEnded.IsCompleted);

        launched.EndCapture();

        var output = (await launched.OutputEnded).Output;
        Assert.False(output.IsComplete);
        Assert.StartsWith("child ", output.Text, StringComparison.Ordinal);
        launched.EndCapture();
    }

    [Fact]
    public async Task Errors_can_go_where_the_output_goes()
    {
        var launched = TryLaunch(
                TestChild,
                ["no-such-verb"],
                output: StandardOutputConfig.Capture(),
                error: StandardOutputConfig.SameAsOutput
            )
            .OrThrow();

        var streams = await launched.OutputEnded;

        Assert.StartsWith("testchild exit", streams.Output.Text, StringComparison.Ordinal);
        Assert.Equal(0, streams.Error.TotalBytes);
        Assert.Equal(64, (await launched.Exited).Status!.ExitCode);
    }

    [Fact]
    public async Task A_read_that_is_cancelled_ends_and_so_does_one_whose_stream_is_disposed()
    {
        var launched = await Ready("ready");
        using var cancel = new CancellationTokenSource();
        var first = launched.StandardOutput!.ReadAsync(new byte[1], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        var second = launched.StandardOutput.ReadAsync(new byte[1], Cancelled).AsTask();
        await launched.StandardOutput.DisposeAsync();

        // With an error, as Windows has it; or at the end, since Wine breaks the pipe of a read that is under way. Never with data.
        Assert.True(await Record.ExceptionAsync(() => second) is not null || (Wine.IsHere && await second == 0));
        await launched.StandardInput!.DisposeAsync();
        await launched.Exited;
    }

    [Fact]
    public async Task A_write_to_a_program_that_has_ended_fails()
    {
        var launched = await Ready("ready");
        using (var held = Executor.Hold((ProcessTarget)launched.Process).OrThrow())
        {
            Assert.Null(held.Signal(Signal.Kill));
        }

        await launched.Exited;

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
            {
                await launched.StandardInput!.WriteAsync(new byte[4096], Cancelled);
            }
        });
    }

    [Fact]
    public async Task The_null_device_has_nothing_and_takes_everything()
    {
        var launched = TryLaunch(TestChild, ["cat"], StandardInputKind.Null, StandardOutputConfig.Capture()).OrThrow();

        Assert.Equal(0, (await launched.OutputEnded).Output.TotalBytes);
        Assert.Equal(0, (await launched.Exited).Status!.ExitCode);
    }
}
