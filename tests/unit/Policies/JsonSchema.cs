using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Osl.Security.Policies;

namespace Osl.Tests.Unit.Policies;

/// <summary>As much of JSON Schema as the policy's schema uses; a keyword it does not know is an error, not a pass.</summary>
internal sealed class JsonSchema(JsonObject root)
{
    internal bool IsValid(JsonNode? value) => IsValid(root, value);

    /// <summary>What an editor's schema checker makes of a YAML file.</summary>
    internal static JsonNode? FromYaml(YamlPart part) =>
        part switch
        {
            YamlMap map => new JsonObject(map.Entries.Select(entry => KeyValuePair.Create(entry.Key.Text, FromYaml(entry.Value)))),
            YamlList list => new JsonArray([.. list.Items.Select(FromYaml)]),
            YamlText { IsPlain: true, Text: "true" or "false" } flag => JsonValue.Create(bool.Parse(flag.Text)),
            YamlText { IsPlain: true } text
                when long.TryParse(text.Text, System.Globalization.CultureInfo.InvariantCulture, out var number) => JsonValue.Create(
                number
            ),
            YamlText text => JsonValue.Create(text.Text),
            _ => null,
        };

    private bool IsValid(JsonNode schema, JsonNode? value) =>
        schema.AsObject().All(keyword => Holds(schema.AsObject(), keyword.Key, keyword.Value!, value));

    private bool Holds(JsonObject schema, string keyword, JsonNode with, JsonNode? value)
    {
        var kind = value?.GetValueKind() ?? JsonValueKind.Null;
        var map = value as JsonObject;
        var list = value as JsonArray;
        var text = kind == JsonValueKind.String ? value!.GetValue<string>() : null;
        return keyword switch
        {
            "$schema" or "title" or "description" or "$defs" or "then" => true,
            "$ref" => IsValid(root["$defs"]![with.GetValue<string>()["#/$defs/".Length..]]!, value),
            "type" => (with as JsonArray)?.Any(type => IsType(type!.GetValue<string>(), kind)) ?? IsType(with.GetValue<string>(), kind),
            "const" => JsonNode.DeepEquals(with, value),
            "enum" => with.AsArray().Any(item => JsonNode.DeepEquals(item, value)),
            "anyOf" => with.AsArray().Any(option => IsValid(option!, value)),
            "allOf" => with.AsArray().All(part => IsValid(part!, value)),
            "if" => !IsValid(with, value) || IsValid(schema["then"]!, value),
            "properties" => map is null
                || with.AsObject().All(property => !map.ContainsKey(property.Key) || IsValid(property.Value!, map[property.Key])),
            "additionalProperties" => map is null || map.All(entry => schema["properties"]!.AsObject().ContainsKey(entry.Key)),
            "required" => map is null || with.AsArray().All(key => map.ContainsKey(key!.GetValue<string>())),
            "minProperties" => map is null || map.Count >= with.GetValue<int>(),
            "maxProperties" => map is null || map.Count <= with.GetValue<int>(),
            "items" => list is null || list.All(item => IsValid(with, item)),
            "contains" => list is null || list.Any(item => IsValid(with, item)),
            "minItems" => list is null || list.Count >= with.GetValue<int>(),
            "maxItems" => list is null || list.Count <= with.GetValue<int>(),
            "pattern" => text is null || Regex.IsMatch(text, with.GetValue<string>()),
            "maxLength" => text is null || text.Length <= with.GetValue<int>(),
            "minimum" => kind != JsonValueKind.Number || value!.GetValue<long>() >= with.GetValue<long>(),
            _ => throw new InvalidOperationException($"the schema uses '{keyword}'"),
        };
    }

    private static bool IsType(string type, JsonValueKind kind) =>
        type switch
        {
            "object" => kind == JsonValueKind.Object,
            "array" => kind == JsonValueKind.Array,
            "string" => kind == JsonValueKind.String,
            "integer" or "number" => kind == JsonValueKind.Number,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            _ => throw new InvalidOperationException($"the schema uses the type '{type}'"),
        };
}
