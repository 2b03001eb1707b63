using System.Buffers.Text;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Streams;

/// <summary>
/// Much output, byte for byte and line for line: some 60 MiB and a million lines, or with OSL_LARGE_OUTPUT=1 a GiB and ten million. How long
/// it takes is for bench/ to measure (--streams).
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class LargeOutputTests : StreamsTest
{
    private static bool IsLarge => Environment.GetEnvironmentVariable("OSL_LARGE_OUTPUT") is "1";

    private static int Bytes => IsLarge ? 120_000_000 : 8_000_000;

    private static int Lines => IsLarge ? 10_000_000 : 1_000_000;

    [Fact]
    public async Task Every_byte_arrives_in_every_place()
    {
        var sequence = await SpawnAsync(
            Script("exec seq 1 \"$1\"", $"{Bytes}")
                .WithStandardOutput(
                    StandardOutputConfig.Tee(
                        StandardOutputConfig.Pipe,
                        StandardOutputConfig.Capture(1 << 20),
                        StandardOutputConfig.ToRotatedFile(PathOf("log"), 16 << 20, 1000)
                    )
                )
        );
        using var arrived = new HashingStream();
        var copied = await sequence.Live.CopyOutputAsync(arrived, cancellationToken: Test);
        var output = (await sequence.Live.OutputEnded).Output;

        using var expected = new HashingStream();
        WriteSequence(expected, Bytes);
        using var logged = new HashingStream();
        for (var number = 1000; number >= 0; number--)
        {
            var part = number == 0 ? PathOf("log") : PathOf($"log.{number}");
            if (File.Exists(part))
            {
                await using var file = File.OpenRead(part);
                await file.CopyToAsync(logged, Test);
            }
        }

        var sum = expected.Sum();
        Assert.Equal(expected.Count, copied);
        Assert.Equal((expected.Count, 1 << 20, true), (output.TotalBytes, output.Bytes.Length, output.IsComplete));
        Assert.Equal(sum, arrived.Sum());
        Assert.Equal(sum, logged.Sum());
        Assert.Empty(output.Losses);
    }

    [Fact]
    public async Task Every_line_arrives_whole_and_in_order()
    {
        var sequence = await SpawnAsync(Script("exec seq 1 \"$1\"", $"{Lines}").WithStandardOutput(StandardOutputConfig.Pipe));
        var reader = new LineReader(sequence.Live.StandardOutput!);
        long next = 1;
        while (await reader.WaitAsync(Test))
        {
            next = Check(reader, next);
        }

        Assert.Equal(Lines, reader.Count);
        Assert.True((await sequence.Live.Exited).Status!.IsSuccess);
    }

    [Fact]
    public async Task Every_line_arrives_as_a_text_too()
    {
        var sequence = await SpawnAsync(Script("exec seq 1 \"$1\"", $"{Lines}").WithStandardOutput(StandardOutputConfig.Pipe));
        long next = 1;
        await foreach (var line in sequence.Live.ReadLinesAsync(cancellationToken: Test))
        {
            if (!long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number != next++)
            {
                Assert.Fail($"'{line}' in place of {next - 1}.");
            }
        }

        Assert.Equal(Lines, next - 1);
    }

    private static long Check(LineReader reader, long next)
    {
        while (reader.TryRead(out var line))
        {
            if (
                !Utf8Parser.TryParse(line.Bytes, out long number, out var length)
                || length != line.Bytes.Length
                || number != next
                || !line.HasEnd
            )
            {
                Assert.Fail($"'{line.Text}' in place of {next}.");
            }

            next++;
        }

        return next;
    }

    private static void WriteSequence(HashingStream target, int count)
    {
        var block = new byte[64 * 1024];
        var at = 0;
        for (var number = 1; number <= count; number++)
        {
            Utf8Formatter.TryFormat(number, block.AsSpan(at), out var length);
            at += length;
            block[at++] = (byte)'\n';
            if (at > block.Length - 16 || number == count)
            {
                target.Write(block.AsSpan(0, at));
                at = 0;
            }
        }
    }

    /// <summary>Keeps the sum of what is written, and how much it is.</summary>
    private sealed class HashingStream : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public long Count { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public string Sum() => Convert.ToHexString(_hash.GetHashAndReset());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hash.AppendData(buffer);
            Count += buffer.Length;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _hash.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
