using System.Text;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>What a program wrote to one stream, and what was kept of it in memory.</summary>
/// <param name="Bytes">What was kept: the first bytes.</param>
/// <param name="TotalBytes">How many bytes the program wrote in all; 0 where it wrote past the host, as to a file without rotation.</param>
/// <param name="IsComplete">
/// Whether the end of the stream was seen. False when somebody who inherited the stream still held it when the wait ended.
/// </param>
public sealed record CapturedOutput(ReadOnlyMemory<byte> Bytes, long TotalBytes, bool IsComplete)
{
    /// <summary>Nothing captured.</summary>
    public static CapturedOutput Empty { get; } = new(default, 0, IsComplete: true);

    /// <summary>Whether nothing was to be kept: all of it went elsewhere.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>What did not reach a file or another target. The program was not held back by it, and not ended.</summary>
    public ValueList<OutputLoss> Losses { get; init; }

    /// <summary>How many bytes were beyond the bound and dropped.</summary>
    [JsonIgnore]
    public long BytesCutOff => IsElsewhere ? 0 : TotalBytes - Bytes.Length;

    /// <summary>What was kept, as UTF-8; ill-formed bytes become U+FFFD.</summary>
    [JsonIgnore]
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    /// <inheritdoc/>
    public bool Equals(CapturedOutput? other) =>
        other is not null
        && TotalBytes == other.TotalBytes
        && IsComplete == other.IsComplete
        && IsElsewhere == other.IsElsewhere
        && Losses == other.Losses
        && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(TotalBytes, Bytes.Length);

    /// <summary>How much there is; not what it says.</summary>
    public override string ToString() => $"{TotalBytes} bytes{(BytesCutOff > 0 ? $", {BytesCutOff} cut off" : "")}";
}

/// <summary>What did not reach one target of a stream.</summary>
/// <param name="Target">Which: the path of a file, <c>inherited</c>, <c>pipe</c>.</param>
/// <param name="Bytes">How many bytes; 0 where all of it is there, and something else is wrong.</param>
/// <param name="Reason">Why, the first time: the name of the error number and what failed.</param>
public sealed record OutputLoss(string Target, long Bytes, string Reason);
