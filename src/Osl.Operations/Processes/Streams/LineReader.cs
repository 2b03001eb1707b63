using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Osl.Operations.Processes;

/// <summary>
/// Splits a stream into lines, without an allocation for each: wait for bytes, then take the lines that are there.
/// </summary>
/// <remarks>
/// A line ends at a line feed, or at the end of the stream. Lines longer than the bound are cut to it, and say so; what is beyond is read
/// and dropped, so that memory is bounded and the program not held back. For one caller at a time.
/// <code>
/// var lines = new LineReader(live.StandardOutput!);
/// while (await lines.WaitAsync())
/// {
///     while (lines.TryRead(out var line)) { … line.Bytes … }
/// }
/// </code>
/// </remarks>
public sealed class LineReader
{
    /// <summary>The bound of a line where none is named: 1 MiB.</summary>
    public const int DefaultLongestLine = 1024 * 1024;

    private const int FirstSize = 64 * 1024;
    private const byte LineFeed = (byte)'\n';

    private readonly Stream _stream;
    private readonly int _longest;
    private byte[] _buffer;
    private int _start;
    private int _end;

    /// <summary>Up to where it is known that no line feed is.</summary>
    private int _searched;

    /// <summary>What of the present line was dropped already; -1 when nothing was.</summary>
    private long _dropped = -1;
    private bool _atEnd;

    /// <summary>Reads the lines of a stream. The stream stays the caller's.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="longestLine">The bound of a line in bytes, without its end: 1 to 1 GiB.</param>
    public LineReader(Stream stream, int longestLine = DefaultLongestLine)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(longestLine, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(longestLine, 1 << 30);
        _stream = stream;
        _longest = longestLine;
        _buffer = GC.AllocateUninitializedArray<byte>(FirstSize);
    }

    /// <summary>How many lines were taken.</summary>
    public long Count { get; private set; }

    /// <summary>Reads on, until there is a line to take or the stream has ended. Take all lines before it is called again.</summary>
    /// <param name="cancellationToken">Ends the wait; nothing is lost, and it can be called again.</param>
    /// <returns>Whether there is a line to take; false at the end.</returns>
    /// <exception cref="IOException">The stream failed.</exception>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken = default)
    {
        while (!HasLine())
        {
            if (_atEnd)
            {
                return false;
            }

            MakeRoom();
            var count = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _end += count;
            _atEnd = count == 0;
        }

        return true;
    }

    /// <summary>Takes the next line, if it is there.</summary>
    /// <param name="line">The line; its bytes are good until the next call.</param>
    public bool TryRead(out OutputLine line)
    {
        var at = _buffer.AsSpan(_searched, _end - _searched).IndexOf(LineFeed);
        if (at >= 0)
        {
            line = Take(_searched + at, hasEnd: true);
            _start = _searched = _searched + at + 1;
            return true;
        }

        _searched = _end;
        if (_atEnd && (_end > _start || _dropped >= 0))
        {
            line = Take(_end, hasEnd: false);
            _start = _searched = _end;
            return true;
        }

        line = default;
        return false;
    }

    private bool HasLine()
    {
        var at = _buffer.AsSpan(_searched, _end - _searched).IndexOf(LineFeed);
        _searched = at >= 0 ? _searched + at : _end;
        return at >= 0 || (_atEnd && (_end > _start || _dropped >= 0));
    }

    private OutputLine Take(int end, bool hasEnd)
    {
        var length = end - _start;
        var kept = Math.Min(length, _longest);
        var line = new OutputLine(_buffer.AsSpan(_start, kept), length - kept + Math.Max(0, _dropped), hasEnd);
        _dropped = -1;
        Count++;
        return line;
    }

    /// <summary>Room for at least one byte more, dropping what is beyond the bound of an unfinished line.</summary>
    private void MakeRoom()
    {
        var length = _end - _start;
        if (length > _longest)
        {
            _dropped = Math.Max(0, _dropped) + length - _longest;
            _end = _searched = _start + _longest;
            length = _longest;
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        var target =
            length >= _buffer.Length / 2
                ? GC.AllocateUninitializedArray<byte>((int)Math.Min(2L * _buffer.Length, Array.MaxLength))
                : _buffer;
        _buffer.AsSpan(_start, length).CopyTo(target);
        _buffer = target;
        (_start, _end, _searched) = (0, length, length);
    }
}

/// <summary>One line of a program's output.</summary>
[SuppressMessage(
    "Performance",
    "CA1815:Override equals and operator equals on value types",
    Justification = "A ref struct is never boxed."
)]
public readonly ref struct OutputLine
{
    internal OutputLine(ReadOnlySpan<byte> bytes, long cutOff, bool hasEnd)
    {
        Bytes = bytes;
        CutOff = cutOff;
        HasEnd = hasEnd;
    }

    /// <summary>Its bytes, without the line feed.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>How many bytes were beyond the bound and dropped.</summary>
    public long CutOff { get; }

    /// <summary>Whether a line feed ended it, and not the end of the stream.</summary>
    public bool HasEnd { get; }

    /// <summary>As UTF-8, ill-formed bytes as U+FFFD, without a carriage return before the line feed.</summary>
    public string Text => Encoding.UTF8.GetString(HasEnd && CutOff == 0 && Bytes is [.. var text, (byte)'\r'] ? text : Bytes);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
