using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

/// <summary>Lint tells of a policy that lets somebody start what he may not end.</summary>
public sealed class EndingTests
{
    private const string End = "effect: allow, actions: [process.signal]";

    [Theory]
    // Nobody speaks of signals.
    [InlineData(true, "", "")]
    // Everybody may end his own, by what a permission that states no target says, or by one of the two.
    [InlineData(false, "", "{ id: b, " + End + " }")]
    [InlineData(false, "", "{ id: b, " + End + ", target: [own-group] }")]
    [InlineData(false, "", "{ id: b, " + End + ", target: [own-child], require: { reason: true } }")]
    [InlineData(false, "", "{ id: b, effect: require-approval, actions: [process.signal] }")]
    // What is allowed is somebody else's.
    [InlineData(true, "", "{ id: b, " + End + ", target: [foreign, other-principal, attached] }")]
    // Denied again.
    [InlineData(true, "", "{ id: b, " + End + " }, { id: c, effect: deny, actions: ['process.*'], target: [own-child, own-group] }")]
    // Who may start is not who may end.
    [InlineData(true, "", "{ id: b, " + End + ", principals: [alice] }")]
    [InlineData(true, "principals: [alice, bob], ", "{ id: b, " + End + ", principals: [alice] }")]
    [InlineData(false, "principals: [alice, bob], ", "{ id: b, " + End + ", principals: [bob, alice] }")]
    [InlineData(true, "principals: ['role:dev'], ", "{ id: b, " + End + ", principals: ['role:ops'] }")]
    [InlineData(false, "principals: ['role:dev'], ", "{ id: b, " + End + ", principals: ['role:dev'] }")]
    public void What_may_be_started_has_to_be_ended_by_whoever_started_it(bool isFound, string who, string others)
    {
        var findings = Lint("", who, others);

        Assert.Equal(isFound, findings.Any(finding => finding is { Code: "never-ends", Rule: "a" }));
    }

    [Fact]
    public void A_layer_that_defers_leaves_ending_to_the_others() =>
        Assert.DoesNotContain(Lint("default: defer\n", "", ""), finding => finding.Code is "never-ends");

    [Fact]
    public void The_rule_that_is_proposed_mends_it()
    {
        var finding = Assert.Single(Lint("", "principals: [alice], ", ""), finding => finding.Code is "never-ends");
        var rule = finding.How[finding.How.IndexOf('{', StringComparison.Ordinal)..(finding.How.LastIndexOf('}') + 1)];

        Assert.DoesNotContain(Lint("", "principals: [alice], ", rule), finding => finding.Code is "never-ends");
    }

    [Fact]
    public void It_is_told_once_however_many_rules_allow_starts() =>
        Assert.Single(
            Lint("", "", "{ id: b, effect: allow, actions: [process.start], executable: any, arguments: any }"),
            finding => finding.Code is "never-ends"
        );

    private static IReadOnlyList<LintFinding> Lint(string head, string who, string others) =>
        PolicyLinter.Lint(
            PolicyReader
                .Read(
                    $"version: 1\n{head}rules: [{{ id: a, effect: allow, {who}actions: [process.start], executable: {{ path: {PolicyPaths.Here("/usr/bin/git")} }}, arguments: [] }}{(others.Length == 0 ? "" : ", ")}{others}]\n"
                )
                .AsT0
        );
}
