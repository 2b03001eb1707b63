using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Osl.Operations;

/// <summary>Writes an enumeration by the names of its values, in lower case with underscores: <c>new_group</c>.</summary>
/// <remarks>
/// Reads exactly these names: no numbers, no other case, no lists of them, which the converters of System.Text.Json all take. A value
/// without a name is written as its number, so that the journal can keep what validation then refused.
/// </remarks>
/// <typeparam name="TEnum">The enumeration.</typeparam>
public sealed class SnakeCaseEnumConverter<TEnum> : JsonConverter<TEnum>
    where TEnum : struct, Enum
{
    // An array: there are a handful of values, and a dictionary costs more at the start than it ever gives back.
    private static readonly (TEnum Value, string Text, JsonEncodedText Encoded)[] Names =
    [
        .. Enum.GetValues<TEnum>().Select(value => (value, NameOf(value), JsonEncodedText.Encode(NameOf(value)))),
    ];

    /// <inheritdoc/>
    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            foreach (var (value, text, _) in Names)
            {
                if (reader.ValueTextEquals(text))
                {
                    return value;
                }
            }
        }

        throw new OperationFormException($"has to be one of {string.Join(", ", Names.Select(name => name.Text))}");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        foreach (var (named, _, encoded) in Names)
        {
            if (EqualityComparer<TEnum>.Default.Equals(named, value))
            {
                writer.WriteStringValue(encoded);
                return;
            }
        }

        writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
    }

    private static string NameOf(TEnum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
