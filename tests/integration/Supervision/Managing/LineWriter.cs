using System.Text;
using System.Threading.Channels;

namespace Osl.Tests.Integration.Supervision.Managing;

/// <summary>What a daemon writes, line by line: that is how a test learns that it serves.</summary>
internal sealed class LineWriter : Stream
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _line = new();
    private readonly List<string> _seen = [];

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads on until a line holds this.</summary>
    internal async Task UntilAsync(string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            while (true)
            {
                var line = await _lines.Reader.ReadAsync(limit.Token);
                _seen.Add(line);
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It never wrote '{text}', but:\n{string.Join('\n', _seen)}");
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_line)
        {
            foreach (var letter in Encoding.UTF8.GetString(buffer, offset, count))
            {
                if (letter == '\n')
                {
                    _ = _lines.Writer.TryWrite(_line.ToString());
                    _line.Clear();
                }
                else
                {
                    _line.Append(letter);
                }
            }
        }
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
