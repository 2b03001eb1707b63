using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Osl.Operations;

/// <summary>Writes a <see cref="ValueList{T}"/> as a JSON array.</summary>
/// <remarks>The factory knows each closed list that our records hold: no code is made at run time.</remarks>
internal sealed class ValueListConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(ValueList<>);

    public override JsonConverter? CreateConverter(Type typeToConvert, JsonSerializerOptions options)
    {
        if (typeToConvert == typeof(ValueList<string>))
        {
            return new ValueListConverter<string>();
        }

        if (typeToConvert == typeof(ValueList<Processes.Argument>))
        {
            return new ValueListConverter<Processes.Argument>();
        }

        if (typeToConvert == typeof(ValueList<Processes.EnvironmentVariable>))
        {
            return new ValueListConverter<Processes.EnvironmentVariable>();
        }

        if (typeToConvert == typeof(ValueList<Processes.ProcessRef>))
        {
            return new ValueListConverter<Processes.ProcessRef>();
        }

        if (typeToConvert == typeof(ValueList<Processes.ProcessState>))
        {
            return new ValueListConverter<Processes.ProcessState>();
        }

        if (typeToConvert == typeof(ValueList<Processes.StopStep>))
        {
            return new ValueListConverter<Processes.StopStep>();
        }

        return typeToConvert == typeof(ValueList<int>)
            ? new ValueListConverter<int>()
            : throw new NotSupportedException($"{typeToConvert} has no JSON form. Give the property a [JsonConverter] of its own.");
    }
}

internal sealed class ValueListConverter<T> : JsonConverter<ValueList<T>>
{
    public override ValueList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A list is expected.");
        }

        var element = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        var items = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(
                JsonSerializer.Deserialize(ref reader, element) is { } item ? item : throw new JsonException("A list holds no null.")
            );
        }

        return items.ToValueList();
    }

    public override void Write(Utf8JsonWriter writer, ValueList<T> value, JsonSerializerOptions options)
    {
        var element = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        writer.WriteStartArray();
        foreach (var item in value)
        {
            JsonSerializer.Serialize(writer, item, element);
        }

        writer.WriteEndArray();
    }
}
