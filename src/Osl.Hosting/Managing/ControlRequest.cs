using System.Buffers;
using System.Text.Json;
using Osl.Supervision;

namespace Osl.Hosting.Managing;

/// <summary>What can be asked of a manager.</summary>
internal enum ControlVerb
{
    /// <summary>What it manages.</summary>
    Status,

    /// <summary>To start one.</summary>
    Start,

    /// <summary>To end one.</summary>
    Stop,

    /// <summary>To end one and start it.</summary>
    Restart,
}

/// <summary>One request: one line of JSON, <c>{"do":"start","name":"web"}</c>. Strict, since whoever can connect can write anything.</summary>
/// <param name="Verb">What.</param>
/// <param name="Name">Of which; null for all, with a status only.</param>
internal sealed record ControlRequest(ControlVerb Verb, string? Name)
{
    /// <summary>The longest request, in bytes, its line feed included.</summary>
    internal const int Longest = 512;

    private static readonly string[] Words = ["status", "start", "stop", "restart"];

    /// <summary>Reads one, without its line feed; null for what is none.</summary>
    internal static ControlRequest? Read(ReadOnlySpan<byte> line)
    {
        if (line.Length >= Longest)
        {
            return null;
        }

        try
        {
            return Members(line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or text in it that is no UTF-8.
            return null;
        }
    }

    internal byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("do"u8, Words[(int)Verb]);
            if (Name is not null)
            {
                json.WriteString("name"u8, Name);
            }

            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static ControlRequest? Members(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 1 });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        string? verb = null;
        string? name = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString();
            if (!json.Read() || json.TokenType != JsonTokenType.String)
            {
                return null;
            }

            switch (key)
            {
                case "do" when verb is null:
                    verb = json.GetString();
                    break;
                case "name" when name is null:
                    name = json.GetString();
                    break;
                default:
                    return null;
            }
        }

        if (json.TokenType != JsonTokenType.EndObject || json.Read())
        {
            return null;
        }

        var index = Array.IndexOf(Words, verb);
        return index < 0 || (name is null ? index != 0 : ProcessTemplate.WhyNoName(name) is not null)
            ? null
            : new ControlRequest((ControlVerb)index, name);
    }
}
