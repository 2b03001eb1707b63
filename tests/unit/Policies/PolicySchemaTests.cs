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
    public void What_the_schema_refuses_the_loader_refuses(string text)
    {
        Assert.False(IsValid(text));
        Assert.True(PolicyReader.Read(text).IsT1);
    }

    private static bool IsValid(string text) => Schema.IsValid(JsonSchema.FromYaml(YamlTree.Read(text).AsT0));

    private static string Words(JsonNode definition) => Sorted(definition["enum"]!.AsArray().Select(word => word!.GetValue<string>()));

    private static string Sorted(IEnumerable<string> texts) => string.Join(' ', texts.Order(StringComparer.Ordinal));
}
