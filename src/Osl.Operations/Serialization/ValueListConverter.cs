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

        if (typeToConvert == typeof(ValueList<Processes.StandardOutputConfig>))
        {
            return new ValueListConverter<Processes.StandardOutputConfig>();
        }

        return typeToConvert == typeof(ValueList<int>)
            ? new ValueListConverter<int>()
            : throw new NotSupportedException(
                $"{typeToConvert} has no JSON form of ours. Name ValueListConverter<…> among the Converters of the JsonSerializerContext."
            );
    }
}

/// <summary>Tells what a list holds, without knowing its type.</summary>
internal interface IListConverter
{
    /// <summary>The form of its elements.</summary>
    /// <param name="options">The options in use.</param>
    JsonTypeInfo ElementInfo(JsonSerializerOptions options);
}

/// <summary>Writes a <see cref="ValueList{T}"/> as a JSON array.</summary>
/// <remarks>
/// For lists of elements of one's own, named on the <see cref="JsonSerializerContext"/> that writes them, which also has to know the
/// elements: <c>[JsonSourceGenerationOptions(Converters = [typeof(ValueListConverter&lt;Rule&gt;)])]</c> and
/// <c>[JsonSerializable(typeof(Rule))]</c>. On the property alone it is not enough: the generator asks for the list's form there too.
/// </remarks>
/// <typeparam name="T">The element.</typeparam>
public sealed class ValueListConverter<T> : JsonConverter<ValueList<T>>, IListConverter
{
    /// <inheritdoc/>
    public override ValueList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new OperationFormException("has to be a list");
        }

        var element = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        var items = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(ReadElement(ref reader, element, items.Count));
        }

        return items.ToValueList();
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ValueList<T> value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(options);
        var element = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        writer.WriteStartArray();
        foreach (var item in value)
        {
            // Texts, numbers and what has a converter of its own need none of the serializer's state: a fifth of the time.
            if (element.Kind == JsonTypeInfoKind.None && item is not null)
            {
                ((JsonConverter<T>)element.Converter).Write(writer, item, options);
            }
            else
            {
                JsonSerializer.Serialize(writer, item, element);
            }
        }

        writer.WriteEndArray();
    }

    JsonTypeInfo IListConverter.ElementInfo(JsonSerializerOptions options) => options.GetTypeInfo(typeof(T));

    private static T ReadElement(ref Utf8JsonReader reader, JsonTypeInfo<T> element, int index)
    {
        try
        {
            return JsonSerializer.Deserialize(ref reader, element) ?? throw new OperationFormException("can't be null");
        }
        catch (JsonException wrong)
        {
            throw OperationFormException.InElement(wrong, index);
        }
    }
}
