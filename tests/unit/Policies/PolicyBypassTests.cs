using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

/// <summary>Runs tests/unit/Policies/Bypasses/bypasses.yaml.</summary>
public sealed class PolicyBypassTests
{
    private static readonly YamlMap Corpus = (YamlMap)
        YamlTree.Read(File.ReadAllText(Repository.PathOf("tests", "unit", "Policies", "Bypasses", "bypasses.yaml"))).AsT0;

    private static readonly PolicyRule Everything = new("everything", PolicyEffect.Allow)
    {
        Actions = ["process.start"],
        Executable = ExecutableCondition.Anything,
        Arguments = ArgumentPattern.Anything,
    };

    public static TheoryData<string> Slipping => [.. Entries("bypasses").Select(Name)];

    public static TheoryData<string> Closed => [.. Entries("closed").Select(Name)];

    [Fact]
    public void There_are_at_least_a_hundred() => Assert.True(Slipping.Count >= 100, $"{Slipping.Count}");

    [Theory]
    [MemberData(nameof(Slipping))]
    public void An_attempt_slips_through_the_naive_rule_which_lint_finds_and_the_right_rule_stops_it(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the paths are Unix's");
        var entry = Entries("bypasses").Single(entry => string.Equals(Name(entry), name, StringComparison.Ordinal));
        var naive = Policy(entry, "naive", beside: entry.Find("beside") is not null);
        var right = Policy(entry, "right");
        var code = ((YamlText)entry.Find("lint")!).Text;

        Assert.Equal(PolicyEffect.Allow, Ask(naive, entry, "attack"));
        var finding = Assert.Single(
            PolicyLinter.Lint(naive),
            finding => finding.Rule is "naive" && string.Equals(finding.Code, code, StringComparison.Ordinal)
        );
        Assert.NotEmpty(finding.Why);
        Assert.NotEmpty(finding.How);
        Assert.Equal(PolicyEffect.Deny, Ask(right, entry, "attack"));
        Assert.Equal(PolicyEffect.Allow, Ask(right, entry, "still"));
        Assert.DoesNotContain(PolicyLinter.Lint(right), finding => string.Equals(finding.Code, code, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Closed))]
    public void An_attempt_that_no_rule_has_to_mind_is_denied(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the paths are Unix's");
        var entry = Entries("closed").Single(entry => string.Equals(Name(entry), name, StringComparison.Ordinal));

        Assert.Equal(PolicyEffect.Deny, Ask(Policy(entry, "naive"), entry, "attack"));
    }

    private static IEnumerable<YamlMap> Entries(string key) => ((YamlList)Corpus.Find(key)!).Items.Cast<YamlMap>();

    private static string Name(YamlMap entry) => ((YamlText)entry.Find("name")!).Text;

    // The file leaves out what is the same in nearly all rules.
    private static CompiledPolicy Policy(YamlMap entry, string key, bool beside = false)
    {
        var rule = (YamlMap)entry.Find(key)!;
        var binder = new YamlBinder("bypasses.yaml");
        List<(YamlText, YamlPart)> entries = [(Text("id"), Text(key)), (Text("actions"), Text("process.start")), .. rule.Entries];
        if (rule.Find("effect") is null)
        {
            entries.Add((Text("effect"), Text("allow")));
        }

        var read = PolicyReader.Rule(binder, rule with { Entries = entries }, "rule");
        Assert.Empty(binder.Problems);
        var compiled = CompiledPolicy.Compile(new PolicyDocument { Rules = beside ? [read, Everything] : [read] });
        return compiled.Match(policy => policy, refusal => throw new InvalidOperationException(refusal.ToString()));
    }

    private static PolicyEffect Ask(CompiledPolicy policy, YamlMap entry, string key)
    {
        var asked = (YamlMap)entry.Find(key)!;
        var binder = new YamlBinder("bypasses.yaml");
        var read = PolicyCaseReader.Case(binder, asked with { Entries = [.. asked.Entries, (Text("expect"), Text("deny"))] }, "case");
        Assert.Empty(binder.Problems);
        return read.Run(policy).Explanation.Decision.Effect;
    }

    private static YamlText Text(string text) => new(text, true, 1, 1);
}
