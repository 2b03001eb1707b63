using System.Text;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>What a program wrote to one stream, up to the bound.</summary>
/// <param name="Bytes">What was kept: the first bytes.</param>
/// <param name="TotalBytes">How many bytes the program wrote in all.</param>
/// <param name="IsComplete">
/// Whether the end of the stream was seen. False when somebody who inherited the stream still held it when the wait ended.
/// </param>
public sealed record CapturedOutput(ReadOnlyMemory<byte> Bytes, long TotalBytes, bool IsComplete)
{
    /// <summary>Nothing captured.</summary>
    public static CapturedOutput Empty { get; } = new(default, 0, IsComplete: true);

    /// <summary>How many bytes were beyond the bound and dropped.</summary>
    [JsonIgnore]
    public long BytesCutOff => TotalBytes - Bytes.Length;

    /// <summary>What was kept, as UTF-8; ill-formed bytes become U+FFFD.</summary>
    [JsonIgnore]
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    /// <inheritdoc/>
    public bool Equals(CapturedOutput? other) =>
        other is not null && TotalBytes == other.TotalBytes && IsComplete == other.IsComplete && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(TotalBytes, Bytes.Length);

    /// <summary>How much there is; not what it says.</summary>
    public override string ToString() => $"{TotalBytes} bytes{(BytesCutOff > 0 ? $", {BytesCutOff} cut off" : "")}";
}
