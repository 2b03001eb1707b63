using System.Runtime.CompilerServices;
using System.Text;

namespace Osl.Operations.Processes;

/// <summary>The streams of a running process, in the ways they are mostly used.</summary>
public static class RunningProcessStreams
{
    private const int BlockSize = 64 * 1024;

    /// <summary>
    /// The lines of its output as they come. Whoever stops reading holds the process back once its pipe is full; a line longer than the
    /// bound is cut to it. For millions of lines <see cref="LineReader"/> spares the strings.
    /// </summary>
    /// <param name="process">One whose stream can be read.</param>
    /// <param name="errors">Standard error instead of standard output.</param>
    /// <param name="longestLine">The bound of a line in bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The stream is no pipe.</exception>
    public static async IAsyncEnumerable<string> ReadLinesAsync(
        this IRunningProcess process,
        bool errors = false,
        int longestLine = LineReader.DefaultLongestLine,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var lines = new LineReader(OutputOf(process, errors), longestLine);
        while (await lines.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            while (NextOf(lines) is { } line)
            {
                yield return line;
            }
        }
    }

    /// <summary>Copies its output to a stream, to the end. A slow stream holds the process back.</summary>
    /// <param name="process">One whose stream can be read.</param>
    /// <param name="destination">Where to; stays open.</param>
    /// <param name="errors">Standard error instead of standard output.</param>
    /// <param name="cancellationToken">Ends the copy; what was read and not yet written is lost to it.</param>
    /// <returns>How many bytes.</returns>
    /// <exception cref="InvalidOperationException">The stream is no pipe.</exception>
    /// <exception cref="IOException">The destination failed. The process goes on, until its pipe is full or closed.</exception>
    public static async Task<long> CopyOutputAsync(
        this IRunningProcess process,
        Stream destination,
        bool errors = false,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(destination);
        var source = OutputOf(process, errors);
        var block = GC.AllocateUninitializedArray<byte>(BlockSize);
        long total = 0;
        int count;
        while ((count = await source.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await destination.WriteAsync(block.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            total += count;
        }

        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
        return total;
    }

    /// <summary>Copies a stream to its input, then ends that. A process that reads no further ends the copy, which is no error.</summary>
    /// <param name="process">One whose input is a pipe.</param>
    /// <param name="source">Where from.</param>
    /// <param name="cancellationToken">Ends the copy, and the input with it.</param>
    /// <returns>How many bytes the process's pipe has taken whole; less than there were if it did not want them all.</returns>
    /// <exception cref="InvalidOperationException">Its input is no pipe.</exception>
    /// <exception cref="IOException">The source failed.</exception>
    public static async Task<long> CopyInputAsync(
        this IRunningProcess process,
        Stream source,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(source);
        var input = process.StandardInput ?? throw new InvalidOperationException("Its standard input is no pipe: see WithStandardInput.");
        await using (input.ConfigureAwait(false))
        {
            var block = GC.AllocateUninitializedArray<byte>(BlockSize);
            long total = 0;
            int count;
            while ((count = await source.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0)
            {
                try
                {
                    await input.WriteAsync(block.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                }
                catch (IOException)
                {
                    // Only one thing can be wrong with a pipe's writing end: nobody reads it any more. The count tells.
                    break;
                }

                total += count;
            }

            return total;
        }
    }

    /// <summary>The same, of a text as UTF-8.</summary>
    /// <param name="process">One whose input is a pipe.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Ends the copy, and the input with it.</param>
    /// <returns>How many bytes the process's pipe has taken whole.</returns>
    public static async Task<long> CopyInputAsync(this IRunningProcess process, string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        using var source = new MemoryStream(Encoding.UTF8.GetBytes(text), writable: false);
        return await process.CopyInputAsync(source, cancellationToken).ConfigureAwait(false);
    }

    private static Stream OutputOf(IRunningProcess process, bool errors)
    {
        ArgumentNullException.ThrowIfNull(process);
        return (errors ? process.StandardError : process.StandardOutput)
            ?? throw new InvalidOperationException($"Its standard {(errors ? "error" : "output")} is no pipe: there is nothing to read.");
    }

    /// <summary>An iterator can't hold a ref struct over a yield.</summary>
    private static string? NextOf(LineReader lines) => lines.TryRead(out var line) ? line.Text : null;
}
