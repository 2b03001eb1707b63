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

    private Argument(string value, bool isSecret, WholeText? whole = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
        IsSecret = isSecret;
        Whole = whole;
    }

    /// <summary>The text the program gets.</summary>
    [JsonIgnore]
    public string Value => _value ?? "";

    /// <summary>Whether it must not be shown.</summary>
    public bool IsSecret { get; }

    /// <summary>What the text was cut from for the journal; null for what is whole, as all is that reaches a program.</summary>
    [JsonIgnore]
    internal WholeText? Whole { get; }

    /// <summary>An argument that must not be shown.</summary>
    /// <param name="value">The text the program gets.</param>
    public static Argument Secret(string value) => new(value, isSecret: true);

    /// <summary>What the journal keeps of arguments that are too long for it.</summary>
    /// <param name="value">The beginning of the one, or nothing where it stands for several.</param>
    /// <param name="whole">What it was cut from.</param>
    internal static Argument Cut(string value, WholeText whole) => new(value, isSecret: false, whole);

    /// <summary>A plain argument.</summary>
    /// <param name="value">The text the program gets.</param>
    public static implicit operator Argument(string value) => new(value, isSecret: false);

    /// <summary>The text for display: the mask for a secret one, else the text with what looks like a secret masked.</summary>
    public override string ToString() => IsSecret ? Mask : SecretText.Mask(Value);
}

/// <summary>
/// What is kept of a text that the journal holds a part of: enough for whoever has the text to prove that it is this one. Taken of the
/// text as the journal would have it, its secrets masked: nothing that is masked can be guessed from it.
/// </summary>
/// <param name="Arguments">How many arguments it stands for that are left out; 0 where it is the rest of one.</param>
/// <param name="Bytes">How many bytes the text has in UTF-8.</param>
/// <param name="Sha256">SHA-256 of those, in hexadecimal.</param>
internal sealed record WholeText(int Arguments, long Bytes, string Sha256);

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
        if (value is { IsSecret: false, Whole: null })
        {
            writer.WriteStringValue(value.Value);
            return;
        }

        writer.WriteStartObject();
        if (value.Whole is { } whole)
        {
            WriteCut(writer, value.Value, whole);
        }
        else
        {
            writer.WriteString("secret"u8, value.Value);
        }

        writer.WriteEndObject();
    }

    /// <summary>Never read back: it is not what ran.</summary>
    private static void WriteCut(Utf8JsonWriter writer, string begin, WholeText whole)
    {
        if (whole.Arguments > 0)
        {
            writer.WriteNumber("more"u8, whole.Arguments);
        }
        else
        {
            writer.WriteString("cut"u8, begin);
        }

        writer.WriteNumber("bytes"u8, whole.Bytes);
        writer.WriteString("sha256"u8, whole.Sha256);
    }
}
