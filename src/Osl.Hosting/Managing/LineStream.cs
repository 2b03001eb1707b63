using System.Text;

namespace Osl.Hosting.Managing;

/// <summary>Cuts what is written to it into lines; a longer one than any terminal shows is cut. Thread-safe.</summary>
internal abstract class LineStream : Stream
{
    private const int Longest = 4096;

    private readonly Lock _gate = new();
    private readonly List<byte> _line = [];

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (_gate)
        {
            foreach (var letter in buffer)
            {
                if (letter != (byte)'\n')
                {
                    _line.Add(letter);
                }

                if (letter == (byte)'\n' || _line.Count >= Longest)
                {
                    OnLine(Encoding.UTF8.GetString([.. _line]).TrimEnd('\r'));
                    _line.Clear();
                }
            }
        }
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>A line, without its end. Under the stream's lock.</summary>
    protected abstract void OnLine(string line);
}
