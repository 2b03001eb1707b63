using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Osl.Operations;

/// <summary>
/// Names one call of one operation: in its result, its error, every audit record, and in the environment of what it started
/// (<see cref="MarkerVariable"/>). 128 bits, ordered by time (RFC 9562, version 7), written as 32 lower-case hexadecimal digits.
/// </summary>
[JsonConverter(typeof(OperationIdConverter))]
public readonly struct OperationId : IEquatable<OperationId>, IComparable<OperationId>
{
    /// <summary>The environment variable by which what an operation started can be recognised: <c>OSL_OPERATION</c>.</summary>
    public const string MarkerVariable = "OSL_OPERATION";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly Guid _value;

    private OperationId(Guid value) => _value = value;

    /// <summary>Whether this names no call at all (the default value).</summary>
    public bool IsEmpty => _value == Guid.Empty;

    /// <summary>A new id.</summary>
    /// <param name="now">The time it begins with.</param>
    public static OperationId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    /// <summary>Reads the written form.</summary>
    /// <param name="text">32 lower-case hexadecimal digits; anything else is refused.</param>
    /// <param name="id">The id.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out OperationId id)
    {
        id = default;
        if (text is not { Length: 32 } || text.AsSpan().ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        id = new OperationId(Guid.ParseExact(text, "N"));
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(OperationId other) => _value == other._value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OperationId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(OperationId other) => _value.CompareTo(other._value);

    /// <summary>The written form.</summary>
    public override string ToString() => _value.ToString("N");

    /// <summary>Whether both name the same call.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(OperationId left, OperationId right) => left.Equals(right);

    /// <summary>Whether they name different calls.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(OperationId left, OperationId right) => !left.Equals(right);

    /// <summary>Whether one was made before the other.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator <(OperationId left, OperationId right) => left.CompareTo(right) < 0;

    /// <summary>Whether one was made after the other.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator >(OperationId left, OperationId right) => left.CompareTo(right) > 0;

    /// <summary>Not after.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator <=(OperationId left, OperationId right) => left.CompareTo(right) <= 0;

    /// <summary>Not before.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator >=(OperationId left, OperationId right) => left.CompareTo(right) >= 0;
}

internal sealed class OperationIdConverter : JsonConverter<OperationId>
{
    public override OperationId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && OperationId.TryParse(reader.GetString(), out var id)
            ? id
            : throw new OperationFormException("has to be an operation id: 32 lower-case hexadecimal digits");

    public override void Write(Utf8JsonWriter writer, OperationId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
