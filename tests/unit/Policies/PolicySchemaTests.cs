using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

public sealed class PolicySchemaTests
{
    private static readonly JsonObject Text = JsonNode.Parse(PolicySchema.Text)!.AsObject();
    private static readonly JsonSchema Schema = new(Text);

    [Fact]
    public void Schema_and_loader_know_the_same_keys()
    {
        var schema = Text["$defs"]!
            .AsObject()
            .Append(KeyValuePair.Create<string, JsonNode?>("root", Text))
            .ToDictionary(
                definition => definition.Key,
                definition => Sorted(definition.Value!["properties"]!.AsObject().Select(key => key.Key)),
                StringComparer.Ordinal
            );
        var loader = PolicyKeys.All.ToDictionary(kind => kind.Key, kind => Sorted(kind.Value), StringComparer.Ordinal);

        Assert.Equal(loader, schema);
    }

    [Fact]
    public void Schema_and_loader_know_the_same_words()
    {
        var rule = Text["$defs"]!["rule"]!["properties"]!;

        Assert.Equal(Sorted(Keywords.Effects.Keys), Words(rule["effect"]!));
        Assert.Equal(Sorted(Keywords.Containments.Keys), Words(rule["containment"]!));
        Assert.Equal(Sorted(Keywords.Targets.Keys), Words(rule["target"]!["anyOf"]![0]!));
        Assert.Equal(Sorted(Keywords.Defaults.Keys), Words(Text["properties"]!["default"]!));
    }

    [Fact]
    public void Whatever_loads_is_valid() =>
        Prop.ForAll(PolicySamples.Document.ToArbitrary(), document => IsValid(PolicyWriter.Write(document)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Theory]
    [InlineData("version: 2\nrules: []")]
    [InlineData("version: 1")]
    [InlineData("version: 1\nrules: []\nrulez: []")]
    [InlineData("version: 1\nrules: {}")]
    [InlineData("version: 1\ndefault: allow\nrules: []")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: alow, actions: [x] }]")]
    [InlineData("version: 1\nrules: [{ id: 'a b', effect: deny, actions: [x] }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [] }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: allow, actions: [process.start], executable: any }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: allow, actions: process.start, arguments: any }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [x], elevated: false }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [x], target: mine }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [process.start], executable: { path: relative } }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [process.start], executable: {} }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [process.start], executable: { sha256: abc } }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [process.start], arguments: [{ oneof: [x] }] }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [process.start], arguments: [{ any: true, rest: any }] }]")]
    [InlineData("version: 1\nrules: [{ id: a, effect: deny, actions: [process.start], arguments: [{ oneOf: [] }] }]")]
    [InlineData(
        "version: 1\nrules: [{ id: a, effect: require-approval, actions: [process.start], executable: any, arguments: any, require: { maxTimeout: 30 } }]"
    )]
    [InlineData(
        "version: 1\nrules: [{ id: a, effect: require-approval, actions: [process.start], executable: any, arguments: any, limits: { memory: 1MB } }]"
    )]
    [InlineData(
        "version: 1\nrules: [{ id: a, effect: require-approval, actions: [process.start], executable: any, arguments: any, sandbox: { refuse: [everything] } }]"
    )]
    public void What_the_schema_refuses_the_loader_refuses(string text)
    {
        Assert.False(IsValid(text));
        Assert.True(PolicyReader.Read(text).IsT1);
    }

    /// <summary>What only the loader says: what takes more than one place of the file to see, or somebody who matches.</summary>
    private static readonly string[] BeyondSchema =
    [
        "the example ",
        " means something for process.start only",
        // The schema says so of rules that allow; of those that require an approval it would take the actions to tell.
        "the rule permits starts and ",
    ];

    [Fact]
    public void Schema_and_loader_agree_on_files_with_a_mistake_in_them()
    {
        var refused = 0;
        var passed = new SortedSet<string>(StringComparer.Ordinal);
        Prop.ForAll(
                PolicySamples.Document.Zip(Gen.Choose(0, 100_000)).ToArbitrary(),
                sample =>
                {
                    var (document, seed) = sample;
                    var tree = JsonSchema.FromYaml(YamlTree.Read(PolicyWriter.Write(document)).AsT0)!;
                    Mistake(tree, new Random(seed));
                    var text = tree.ToJsonString();
                    var read = PolicyReader.Read(text);
                    refused += read.IsT1 ? 1 : 0;
                    var valid = Schema.IsValid(JsonNode.Parse(text));
                    if (valid && read.TryPickT1(out var refusal, out _))
                    {
                        passed.UnionWith(
                            refusal
                                .Problems.Select(problem => $"{problem.Where}: {problem.Message}")
                                .Where(message => !BeyondSchema.Any(part => message.Contains(part, StringComparison.Ordinal)))
                        );
                    }

                    return (valid || read.IsT1).Label($"loads, and the schema refuses it: {text}");
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

        Assert.True(passed.Count == 0, string.Join('\n', passed));
        // Else both would have agreed on nothing.
        Assert.True(refused > 1000, $"{refused} were refused");
    }

    /// <summary>Changes one place: a key taken away, one that nobody knows, another kind of value, nothing, an empty list.</summary>
    private static void Mistake(JsonNode tree, Random random)
    {
        var places = Places(tree).ToList();
        var place = places[random.Next(places.Count)];
        // Not a bare number or flag: the loader takes that for the text it is, where a schema says that it wants quotes.
        JsonNode?[] others = [null, "", "other", new JsonArray(), new JsonObject(), new JsonArray("x"), new JsonObject { ["x"] = 1 }];
        if (place is JsonObject map && (map.Count == 0 || random.Next(3) == 0))
        {
            map["unheard-of"] = 1;
        }
        else if (place is JsonObject some)
        {
            var key = some.ElementAt(random.Next(some.Count)).Key;
            if (random.Next(2) == 0)
            {
                some.Remove(key);
            }
            else
            {
                some[key] = others[random.Next(others.Length)];
            }
        }
        else if (place is JsonArray { Count: > 0 } list)
        {
            list[random.Next(list.Count)] = others[random.Next(others.Length)];
        }
    }

    private static IEnumerable<JsonNode> Places(JsonNode node) =>
        node switch
        {
            JsonObject map => map.Where(entry => entry.Value is not null).SelectMany(entry => Places(entry.Value!)).Prepend(map),
            JsonArray list => list.Where(item => item is not null).SelectMany(item => Places(item!)).Prepend(list),
            _ => [],
        };

    private static bool IsValid(string text) => Schema.IsValid(JsonSchema.FromYaml(YamlTree.Read(text).AsT0));

    private static string Words(JsonNode definition) => Sorted(definition["enum"]!.AsArray().Select(word => word!.GetValue<string>()));

    private static string Sorted(IEnumerable<string> texts) => string.Join(' ', texts.Order(StringComparer.Ordinal));
}
