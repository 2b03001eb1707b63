using System.Globalization;
using System.Text.Json;

namespace Osl.Operations;

/// <summary>Members of JSON objects in the one way in which all our forms have them. What is null is left out.</summary>
internal static class JsonMembers
{
    /// <summary>An enumeration: its name, or its number when it has none.</summary>
    internal static void WriteName(this Utf8JsonWriter json, ReadOnlySpan<byte> member, ReadOnlySpan<byte> name, int number)
    {
        if (name.IsEmpty)
        {
            json.WriteNumber(member, number);
        }
        else
        {
            json.WriteString(member, name);
        }
    }

    internal static void WriteText(this Utf8JsonWriter json, ReadOnlySpan<byte> member, string? text)
    {
        if (text is not null)
        {
            json.WriteString(member, text);
        }
    }

    internal static void WriteFlag(this Utf8JsonWriter json, ReadOnlySpan<byte> member, bool? flag)
    {
        if (flag is { } value)
        {
            json.WriteBoolean(member, value);
        }
    }

    internal static void WriteInteger(this Utf8JsonWriter json, ReadOnlySpan<byte> member, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(member, value);
        }
    }

    /// <summary>A duration in .NET's invariant form.</summary>
    internal static void WriteDuration(this Utf8JsonWriter json, ReadOnlySpan<byte> member, TimeSpan? duration)
    {
        if (duration is { } value)
        {
            Span<char> text = stackalloc char[32];
            _ = value.TryFormat(text, out var length, "c", CultureInfo.InvariantCulture);
            json.WriteString(member, text[..length]);
        }
    }

    internal static void WriteId(this Utf8JsonWriter json, ReadOnlySpan<byte> member, OperationId? id)
    {
        if (id is { } value)
        {
            json.WriteString(member, value.ToString());
        }
    }

    internal static void WriteList(this Utf8JsonWriter json, ReadOnlySpan<byte> member, ValueList<string> texts)
    {
        json.WriteStartArray(member);
        foreach (var text in texts.AsSpan())
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    internal static void WriteList(this Utf8JsonWriter json, ReadOnlySpan<byte> member, ValueList<int> numbers)
    {
        json.WriteStartArray(member);
        foreach (var number in numbers.AsSpan())
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
