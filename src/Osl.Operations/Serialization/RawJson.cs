using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Osl.Operations;

/// <summary>One JSON value as it is written, in UTF-8. Compares by its bytes. <c>default</c> is <c>null</c>.</summary>
/// <remarks>
/// What a record carries of an operation: the operation is written once and its bytes are copied from there on, instead of being
/// parsed into a <see cref="JsonElement"/> first, which took longer than all the rest of a record.
/// </remarks>
[JsonConverter(typeof(RawJsonConverter))]
public readonly struct RawJson : IEquatable<RawJson>
{
    private readonly byte[]? _utf8;

    /// <summary>Takes over bytes that are known to be one JSON value.</summary>
    /// <param name="utf8">The bytes; not changed afterwards.</param>
    internal RawJson(byte[] utf8) => _utf8 = utf8;

    /// <summary>The value's bytes.</summary>
    public ReadOnlySpan<byte> Utf8 => _utf8 is null ? "null"u8 : _utf8;

    /// <summary>The value of an element, as it was written there.</summary>
    /// <param name="element">The element.</param>
    public static RawJson From(JsonElement element) => new(JsonMarshal.GetRawUtf8Value(element).ToArray());

    /// <summary>The value, to look into.</summary>
    public JsonElement ToElement()
    {
        var reader = new Utf8JsonReader(Utf8);
        return JsonElement.ParseValue(ref reader);
    }

    /// <inheritdoc/>
    public bool Equals(RawJson other) => Utf8.SequenceEqual(other.Utf8);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RawJson other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8);
        return hash.ToHashCode();
    }

    /// <summary>Whether both are written alike.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(RawJson left, RawJson right) => left.Equals(right);

    /// <summary>Whether they are written differently.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(RawJson left, RawJson right) => !left.Equals(right);

    /// <summary>The written value.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8);
}

internal sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return RawJson.From(document.RootElement);
    }

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Utf8, skipInputValidation: true);
}
