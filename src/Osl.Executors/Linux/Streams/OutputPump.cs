using System.Diagnostics.CodeAnalysis;
using Osl.Executors.Streams;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Carries what a child writes from one pipe or terminal to several places. One buffer: the slowest place holds the child back, and
/// memory stays as it is.
/// </summary>
/// <remarks>
/// On the pool and not on the I/O loop's thread, since a file's write(2) waits for the disk. The end is seen by end-of-file, or given up
/// by <see cref="GiveUp"/> when somebody who inherited the stream holds it open: then what is there is still taken, and who does not
/// take it at once is not waited for.
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "A source without a timer holds nothing, and GiveUp may come at any time."
)]
internal sealed class OutputPump(
    PipeStream source,
    IReadOnlyList<OutputSink> sinks,
    CaptureBuffer? capture,
    CaptureSet set,
    OutputPumps pumps
) : ILinuxCapture
{
    private const int BufferSize = 64 * 1024;

    /// <summary>When given up: a writer that never stops would else never be done with.</summary>
    private const int LastReads = 64;

    private readonly CancellationTokenSource _giveUp = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CapturedOutput? _result;

    public CapturedOutput? Result => Volatile.Read(ref _result);

    /// <summary>Completes when everything has got where it can get. Never faults.</summary>
    internal Task Ended => _ended.Task;

    public int Begin()
    {
        pumps.Add(this);
        _ = Task.Run(RunAsync);
        return 0;
    }

    public void GiveUp() => _giveUp.Cancel();

    private async Task RunAsync()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        long total = 0;
        int count;
        while ((count = await ReadAsync(buffer, _giveUp.Token).ConfigureAwait(false)) > 0)
        {
            total += count;
            await SpreadAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
        }

        for (var read = 0; count < 0 && read < LastReads && (count = await ReadNowAsync(buffer).ConfigureAwait(false)) > 0; read++)
        {
            total += count;
            await SpreadAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            count = -1;
        }

        await source.DisposeAsync().ConfigureAwait(false);
        foreach (var sink in sinks)
        {
            sink.End();
            sink.Dispose();
        }

        var losses = sinks.Select(sink => sink.Loss).OfType<OutputLoss>().ToValueList();
        var isComplete = count == 0;
        Volatile.Write(
            ref _result,
            (capture?.End(isComplete) ?? new CapturedOutput(default, total, isComplete) { IsElsewhere = true }) with
            {
                Losses = losses,
            }
        );
        set.OneEnded();
        pumps.Remove(this);
        _ended.SetResult();
    }

    private async ValueTask SpreadAsync(ReadOnlyMemory<byte> bytes)
    {
        foreach (var sink in sinks)
        {
            await sink.TakeAsync(bytes, _giveUp.Token).ConfigureAwait(false);
        }
    }

    /// <summary>How many bytes; 0 at the end, -1 when it was given up.</summary>
    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken giveUp)
    {
        try
        {
            return await source.ReadAsync(buffer, giveUp).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return -1;
        }
        catch (IOException)
        {
            // Only that it can't be waited for: there is no watch left (fs.epoll.max_user_watches). Its end is not seen then.
            return -2;
        }
    }

    /// <summary>The same, of what is there now.</summary>
    private async ValueTask<int> ReadNowAsync(Memory<byte> buffer)
    {
        using var atOnce = new CancellationTokenSource();
        var reading = ReadAsync(buffer, atOnce.Token);
        if (!reading.IsCompleted)
        {
            await atOnce.CancelAsync().ConfigureAwait(false);
        }

        return await reading.ConfigureAwait(false);
    }
}
