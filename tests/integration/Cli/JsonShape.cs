using System.Globalization;
using System.Text.Json;

namespace Osl.Tests.Integration.Cli;

/// <summary>The members of one object that osl prints, read from the page that describes them to people.</summary>
internal sealed class JsonShape
{
    private readonly Dictionary<string, (string Type, bool MayBeAbsent)> _members;

    private JsonShape(Dictionary<string, (string Type, bool MayBeAbsent)> members) => _members = members;

    /// <summary>Every shape of knowledge/cli-json.md, by its heading.</summary>
    internal static IReadOnlyDictionary<string, JsonShape> All { get; } = Read();

    /// <summary>Fails unless the object has these members and no others, each of its type.</summary>
    internal void Check(JsonElement value)
    {
        Assert.Equal(JsonValueKind.Object, value.ValueKind);
        var present = value.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal);
        Assert.Empty(present.Keys.Except(_members.Keys, StringComparer.Ordinal));
        Assert.Empty(
            _members.Where(member => !member.Value.MayBeAbsent).Select(member => member.Key).Except(present.Keys, StringComparer.Ordinal)
        );
        Assert.All(
            present,
            member => Assert.True(Fits(member.Value, _members[member.Key].Type), $"{member.Key} is {member.Value.GetRawText()}")
        );
    }

    private static bool Fits(JsonElement value, string type) =>
        type switch
        {
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "objects" => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => Fits(item, "object")),
            "strings" => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => Fits(item, "string")),
            "object" => value.ValueKind == JsonValueKind.Object,
            "pids" => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(pid => Fits(pid, "integer")),
            "id" => value.ValueKind == JsonValueKind.String && value.GetString() is { Length: 32 } id && id.All(char.IsAsciiHexDigitLower),
            "time" => value.ValueKind == JsonValueKind.String
                && value.GetString()!.EndsWith('Z')
                && DateTime.TryParse(value.GetString(), CultureInfo.InvariantCulture, out _),
            "integer or null" => value.ValueKind == JsonValueKind.Null || Fits(value, "integer"),
            "string or null" => value.ValueKind == JsonValueKind.Null || Fits(value, "string"),
            _ => throw new InvalidDataException($"The page has a type that nobody knows: {type}"),
        };

    private static Dictionary<string, JsonShape> Read()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Osl.sln")))
        {
            root =
                Path.GetDirectoryName(root.TrimEnd('/')) ?? throw new DirectoryNotFoundException("The repository is not around the tests.");
        }

        var shapes = new Dictionary<string, JsonShape>(StringComparer.Ordinal);
        foreach (var section in File.ReadAllText(Path.Combine(root, "knowledge", "cli-json.md")).Split("\n## ").Skip(1))
        {
            var members = new Dictionary<string, (string, bool)>(StringComparer.Ordinal);
            foreach (var row in section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
            {
                var cells = row.Split('|');
                var name = cells[1].Trim().Trim('`');
                members.Add(name.TrimEnd('?'), (cells[2].Trim(), name.EndsWith('?')));
            }

            Assert.NotEmpty(members);
            // One section may be of several commands: "start, stop".
            foreach (var command in section[..section.IndexOf('\n', StringComparison.Ordinal)].Split(", "))
            {
                shapes.Add(command, new JsonShape(members));
            }
        }

        return shapes;
    }
}
