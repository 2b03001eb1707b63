using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Osl.Operations;

/// <summary>Reads an envelope: first the names of all fields, so that every wrong one is told at once, then the values.</summary>
internal static class OperationReader
{
    private const int MostFailures = 64;
    private const int LongestShown = 64;

    public static OneOf<IOperation, OperationError> Read(ReadOnlySpan<byte> utf8, IEnumerable<OperationKind> kinds)
    {
        try
        {
            var options = new JsonReaderOptions { MaxDepth = OperationJson.MaxDepth };
            var reader = new Utf8JsonReader(utf8, options);
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read())
            {
                return OperationJson.Failed("Something follows the operation.");
            }

            return ReadEnvelope(document.RootElement, kinds);
        }
        catch (JsonException broken)
        {
            // The message would quote what stands there.
            return OperationJson.Failed(
                $"The text is no JSON of at most {OperationJson.MaxDepth} levels: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}."
            );
        }
        catch (Exception broken) when (OperationJson.IsAboutForm(broken))
        {
            return OperationJson.Failed("The text holds a name or a value that is not well-formed Unicode.");
        }
    }

    private static OneOf<IOperation, OperationError> ReadEnvelope(JsonElement envelope, IEnumerable<OperationKind> kinds)
    {
        if (envelope.ValueKind != JsonValueKind.Object)
        {
            return OperationJson.Failed("The text is no JSON object.");
        }

        var failures = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in envelope.EnumerateObject().TakeWhile(_ => failures.Count < MostFailures))
        {
            if (!seen.Add(field.Name))
            {
                failures.Add($"{Shown(field.Name)} is given more than once.");
            }
            else if (field.Name is not ("kind" or "version" or "operation"))
            {
                failures.Add($"{Shown(field.Name)} is no field that is known here.");
            }
        }

        var kind = FindKind(envelope, kinds, failures);
        if (kind is not null && envelope.TryGetProperty("version"u8, out var version))
        {
            // A form without a version is of the first.
            CheckVersion(version, kind, failures);
        }

        if (envelope.TryGetProperty("operation"u8, out var body))
        {
            CheckNames(body, kind?.JsonInfo, "operation", failures);
        }
        else
        {
            failures.Add("operation is missing.");
        }

        return kind is null || failures.Count > 0 ? OperationJson.Failed([.. failures.Take(MostFailures)]) : ReadBody(kind, body);
    }

    private static OneOf<IOperation, OperationError> ReadBody(OperationKind kind, JsonElement body)
    {
        try
        {
            return OneOf<IOperation, OperationError>.FromT0(kind.ReadBody(body));
        }
        catch (JsonException wrong)
        {
            var path = DisplayText.Escape(OperationFormException.PathOf(wrong), 4 * LongestShown);
            return OperationJson.Failed($"operation{path} {OperationFormException.ExpectationOf(wrong)}.");
        }
    }

    private static OperationKind? FindKind(JsonElement envelope, IEnumerable<OperationKind> kinds, List<string> failures)
    {
        var known = kinds as IReadOnlyCollection<OperationKind> ?? [.. kinds];
        var isGiven = envelope.TryGetProperty("kind"u8, out var name);
        var wanted = isGiven && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        var kind = known.FirstOrDefault(candidate => string.Equals(candidate.Name, wanted, StringComparison.Ordinal));
        if (kind is null)
        {
            var flaw =
                !isGiven ? "is missing"
                : wanted is null ? "has to be a text"
                : $"'{DisplayText.Escape(wanted, LongestShown)}' is not known here";
            failures.Add($"kind {flaw}; known are {string.Join(", ", known.Select(candidate => candidate.Name))}.");
        }

        return kind;
    }

    private static void CheckVersion(JsonElement version, OperationKind kind, List<string> failures)
    {
        if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number < 1)
        {
            failures.Add("version has to be a number from 1 on.");
        }
        else if (number > kind.Version)
        {
            failures.Add($"version {number} of {kind.Name} is newer than what this program reads, which is {kind.Version}.");
        }
    }

    /// <summary>Finds repeated fields everywhere, and unknown ones wherever the type is known.</summary>
    private static void CheckNames(JsonElement value, JsonTypeInfo? type, string path, List<string> failures)
    {
        if (failures.Count >= MostFailures)
        {
            return;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            var element = type is { Converter: IListConverter list } ? list.ElementInfo(type.Options) : null;
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (item.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                {
                    CheckNames(item, element, $"{path}[{index}]", failures);
                }

                index++;
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            CheckFields(value, type, path, failures);
        }
    }

    private static void CheckFields(JsonElement value, JsonTypeInfo? type, string path, List<string> failures)
    {
        // A type that says itself what it takes, or takes anything, is left to it.
        var closed =
            type is { Kind: JsonTypeInfoKind.Object, PolymorphismOptions: null }
            && !type.Properties.Any(property => property.IsExtensionData)
                ? type
                : null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            if (failures.Count >= MostFailures)
            {
                return;
            }

            if (!seen.Add(field.Name))
            {
                failures.Add($"{path}.{Shown(field.Name)} is given more than once.");
            }

            var property = closed is null ? null : FindField(closed, field.Name);
            if (closed is not null && property is null)
            {
                failures.Add($"{path}.{Shown(field.Name)} is no field that is known here.");
                continue;
            }

            var fieldType = property is null ? null : Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            CheckNames(
                field.Value,
                fieldType is null ? null : closed?.Options.GetTypeInfo(fieldType),
                $"{path}.{Shown(field.Name)}",
                failures
            );
        }
    }

    /// <summary>A member that can't be set is none that could be given.</summary>
    private static JsonPropertyInfo? FindField(JsonTypeInfo type, string name) =>
        type.Properties.FirstOrDefault(property =>
            string.Equals(property.Name, name, StringComparison.Ordinal)
            && (property.Set is not null || property.AssociatedParameter is not null)
        );

    private static string Shown(string name) => DisplayText.Escape(name, LongestShown);
}
