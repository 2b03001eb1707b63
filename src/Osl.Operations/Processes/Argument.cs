using System.Text.Json;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>
/// One argument of a program. A secret one reaches the program as it is and is shown as <c>‹secret›</c> everywhere else.
/// </summary>
/// <remarks>Any other user of the machine can read the arguments of a running process: better hand secrets over in a file.</remarks>
[JsonConverter(typeof(ArgumentConverter))]
public readonly record struct Argument
{
    /// <summary>What is shown in place of a secret.</summary>
    public const string Mask = "‹secret›";

    private readonly string? _value;

    private Argument(string value, bool isSecret)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
        IsSecret = isSecret;
    }

    /// <summary>The text the program gets.</summary>
    [JsonIgnore]
    public string Value => _value ?? "";

    /// <summary>Whether it must not be shown.</summary>
    public bool IsSecret { get; }

    /// <summary>An argument that must not be shown.</summary>
    /// <param name="value">The text the program gets.</param>
    public static Argument Secret(string value) => new(value, isSecret: true);

    /// <summary>A plain argument.</summary>
    /// <param name="value">The text the program gets.</param>
    public static implicit operator Argument(string value) => new(value, isSecret: false);

    /// <summary>The text for display: the mask for a secret one, else the text with what looks like a secret masked.</summary>
    public override string ToString() => IsSecret ? Mask : SecretText.Mask(Value);
}

internal sealed class ArgumentConverter : JsonConverter<Argument>
{
    public override Argument Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString()!;
        }

        if (
            reader.TokenType == JsonTokenType.StartObject
            && reader.Read()
            && reader.TokenType == JsonTokenType.PropertyName
            && reader.ValueTextEquals("secret"u8)
            && reader.Read()
            && reader.TokenType == JsonTokenType.String
        )
        {
            var secret = Argument.Secret(reader.GetString()!);
            if (reader.Read() && reader.TokenType == JsonTokenType.EndObject)
            {
                return secret;
            }
        }

        throw new OperationFormException("has to be a text, or an object with the one text 'secret'");
    }

    public override void Write(Utf8JsonWriter writer, Argument value, JsonSerializerOptions options) => Write(writer, value);

    internal static void Write(Utf8JsonWriter writer, Argument value)
    {
        if (!value.IsSecret)
        {
            writer.WriteStringValue(value.Value);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("secret"u8, value.Value);
        writer.WriteEndObject();
    }
}
