using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations.Processes;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("\n", new[] { "" })]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\n", new[] { "a" })]
    [InlineData("a\nb", new[] { "a", "b" })]
    [InlineData("\n\nb\n", new[] { "", "", "b" })]
    [InlineData("a\r\nb\r\r\nc\r", new[] { "a", "b\r", "c\r" })]
    public async Task Lines_end_at_a_line_feed_or_at_the_end(string text, string[] lines)
    {
        var reader = new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(text)));

        Assert.Equal(lines, await TextsAsync(reader), StringComparer.Ordinal);
        Assert.Equal(lines.Length, reader.Count);
        Assert.False(await reader.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_no_utf8_is_replaced_and_the_bytes_are_there()
    {
        var reader = new LineReader(new MemoryStream([0xff, (byte)'x', (byte)'\n']));

        Assert.True(await reader.WaitAsync(TestContext.Current.CancellationToken));
        Assert.True(Check(reader));
        static bool Check(LineReader reader) =>
            reader.TryRead(out var line)
            && line.Bytes.SequenceEqual(new byte[] { 0xff, (byte)'x' })
            && line.Text is "\uFFFDx"
            && line.HasEnd;
    }

    [Fact]
    public async Task A_line_of_a_gigabyte_takes_no_more_memory_than_its_bound()
    {
        const long Long = 1L << 30;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reader = new LineReader(new Flood(Long), longestLine: 1000);

        Assert.True(await reader.WaitAsync(TestContext.Current.CancellationToken));
        var (length, cutOff, hasEnd) = Take(reader);

        Assert.Equal((1000, Long - 1000, false), (length, cutOff, hasEnd));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void Every_line_is_there_however_the_bytes_come()
    {
        var samples =
            from lines in Gen.Choose(0, 40).ArrayOf()
            from portion in Gen.Choose(1, 50)
            from longest in Gen.Choose(1, 45)
            from ends in Gen.Elements(true, false)
            select (lines, portion, longest, ends);
        FsCheck
            .Fluent.Prop.ForAll(
                samples.ToArbitrary(),
                sample =>
                {
                    var lines = sample.lines.Select((length, at) => new string((char)('a' + (at % 26)), length)).ToArray();
                    var text = string.Concat(lines.Select(line => line + "\n"));
                    if (!sample.ends)
                    {
                        text += "rest";
                        lines = [.. lines, "rest"];
                    }

                    var reader = new LineReader(new Portions(Encoding.ASCII.GetBytes(text), sample.portion), sample.longest);
                    var expected = lines.Select(line =>
                        (line[..Math.Min(line.Length, sample.longest)], (long)Math.Max(0, line.Length - sample.longest))
                    );
                    return expected.SequenceEqual(TakeAll(reader));
                }
            )
            .QuickCheckThrowOnFailure();
    }

    private static List<(string Text, long CutOff)> TakeAll(LineReader reader)
    {
        var taken = new List<(string, long)>();
        while (reader.WaitAsync().AsTask().GetAwaiter().GetResult())
        {
            while (reader.TryRead(out var line))
            {
                taken.Add((line.Text, line.CutOff));
            }
        }

        return taken;
    }

    private static async Task<List<string>> TextsAsync(LineReader reader)
    {
        var texts = new List<string>();
        while (await reader.WaitAsync(TestContext.Current.CancellationToken))
        {
            while (Next(reader) is { } text)
            {
                texts.Add(text);
            }
        }

        return texts;
    }

    private static string? Next(LineReader reader) => reader.TryRead(out var line) ? line.Text : null;

    private static (int Length, long CutOff, bool HasEnd) Take(LineReader reader) =>
        reader.TryRead(out var line) ? (line.Bytes.Length, line.CutOff, line.HasEnd) : default;

    /// <summary>So many bytes without a line feed.</summary>
    private sealed class Flood(long length) : Source
    {
        private long _left = length;

        protected override int Fill(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, _left);
            buffer[..count].Fill((byte)'x');
            _left -= count;
            return count;
        }
    }

    /// <summary>A few bytes at a time.</summary>
    private sealed class Portions(byte[] bytes, int portion) : Source
    {
        private int _at;

        protected override int Fill(Span<byte> buffer)
        {
            var count = Math.Min(Math.Min(portion, buffer.Length), bytes.Length - _at);
            bytes.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }
    }

    private abstract class Source : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Fill(buffer.Span));

        public override int Read(byte[] buffer, int offset, int count) => Fill(buffer.AsSpan(offset, count));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected abstract int Fill(Span<byte> buffer);
    }
}
