using FsCheck;
using FsCheck.Fluent;
using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

public sealed class PolicyPropertyTests
{
    [Fact]
    public void A_policy_that_is_written_reads_back_as_the_same_policy() =>
        ForAll(
            PolicySamples.Document,
            document =>
            {
                var read = PolicyReader.Read(PolicyWriter.Write(document));
                return read.TryPickT0(out var policy, out _)
                    && policy.Document == document
                    && SameText(CompiledPolicy.Compile(document).AsT0.Hash, policy.Hash);
            }
        );

    [Fact]
    public void The_order_of_rules_changes_neither_decision_nor_hash()
    {
        HashSet<PolicyEffect> seen = [];
        ForAll(
            from document in PolicySamples.Document
            from shuffled in Gen.Shuffle(document.Rules.ToArray())
            from request in PolicySamples.AnyRequest
            select (document, shuffled, request),
            sample =>
            {
                var policy = CompiledPolicy.Compile(sample.document).AsT0;
                var other = CompiledPolicy.Compile(sample.document with { Rules = sample.shuffled.ToValueList() }).AsT0;
                var decision = sample.request.Ask(policy);
                seen.Add(decision.Effect);
                return SameText(policy.Hash, other.Hash) && decision == sample.request.Ask(other);
            },
            3000
        );

        // Else the property would hold of denials only.
        Assert.Equal(3, seen.Count);
    }

    [Fact]
    public void The_strictest_rule_that_speaks_decides_and_silence_denies() =>
        ForAll(
            PolicySamples.Document.Zip(PolicySamples.AnyRequest),
            sample =>
            {
                var (document, request) = sample;
                // Each rule in a policy of its own: no index, no other rule.
                var alone = document
                    .Rules.Select(rule => CompiledPolicy.Compile(document with { Rules = [rule] }).AsT0)
                    .Select(policy => policy.TryDecide(request.Action, request.Operation, request.Context, request.Facts))
                    .OfType<PolicyDecision>()
                    .ToArray();
                var decision = request.Ask(CompiledPolicy.Compile(document).AsT0);
                return alone.Length == 0
                    ? decision is { Effect: PolicyEffect.Deny, Rule: CompiledPolicy.DefaultRule or CompiledPolicy.UnknownRule }
                    : decision.Effect == alone.Max(answer => answer.Effect);
            },
            3000
        );

    [Fact]
    public void Explain_says_what_decide_does_and_names_every_rule_for_the_action() =>
        ForAll(
            PolicySamples.Document.Zip(PolicySamples.AnyRequest),
            sample =>
            {
                var policy = CompiledPolicy.Compile(sample.Item1).AsT0;
                var request = sample.Item2;
                var decision = request.Ask(policy);
                var explained = policy.Explain(request.Action, request.Operation, request.Context, request.Facts);
                var reached = explained.NearMisses.Select(miss => miss.Reached).ToArray();
                return explained.Decision == decision
                    && SameText(explained.PolicyHash, policy.Hash)
                    && explained.ToString().Length > 0
                    && reached.SequenceEqual(reached.OrderByDescending(at => at))
                    && explained.NearMisses.All(miss => miss.Expected.Length > 0 && miss.Found.Length > 0)
                    && (
                        explained.Matched.Count == 0
                            ? decision.Rule.StartsWith("policy:", StringComparison.Ordinal)
                            : explained.Matched[0].Effect == decision.Effect
                                && explained.Matched.Any(match => SameText(match.Rule, decision.Rule))
                    );
            },
            3000
        );

    [Fact]
    public void A_layer_never_allows_what_the_base_does_not() =>
        ForAll(
            from system in PolicySamples.Document
            from layer in PolicySamples.Document
            from request in PolicySamples.AnyRequest
            select (system, layer, request),
            sample =>
            {
                var system = CompiledPolicy.Compile(sample.system).AsT0;
                var layer = CompiledPolicy.Compile(sample.layer).AsT0;
                var both = sample.request.Ask(new LayeredPolicy(system, layer)).Effect;
                var own = layer.TryDecide(sample.request.Action, sample.request.Operation, sample.request.Context, sample.request.Facts);
                return both >= sample.request.Ask(system).Effect && (own is null || both >= own.Effect);
            },
            3000
        );

    [Fact]
    public void A_rule_that_lint_calls_shadowed_changes_no_decision()
    {
        var shadowed = 0;
        ForAll(
            PolicySamples.Document.Zip(PolicySamples.AnyRequest),
            sample =>
            {
                var policy = CompiledPolicy.Compile(sample.Item1).AsT0;
                var finding = PolicyLinter.Lint(policy).FirstOrDefault(finding => finding.Code is "shadowed");
                if (finding is null)
                {
                    return true;
                }

                shadowed++;
                var others = sample.Item1.Rules.Where(rule => !SameText(rule.Id, finding.Rule)).ToValueList();
                var (with, without) = (
                    sample.Item2.Ask(policy),
                    sample.Item2.Ask(CompiledPolicy.Compile(sample.Item1 with { Rules = others }).AsT0)
                );
                Assert.True(with.Effect == without.Effect, $"{finding}: {with} with it, {without} without");
                return true;
            },
            3000
        );
        Assert.True(shadowed > 50, $"{shadowed} were shadowed");
    }

    [Fact]
    public void Whatever_is_allowed_could_ever_be() =>
        ForAll(
            PolicySamples.Document.Zip(PolicySamples.AnyRequest),
            sample =>
            {
                var policy = CompiledPolicy.Compile(sample.Item1).AsT0;
                return sample.Item2.Ask(policy).Effect == PolicyEffect.Deny
                    || policy.MayEver(sample.Item2.Context.Principal, sample.Item2.Action);
            }
        );

    [Fact]
    public void No_text_makes_the_reader_throw()
    {
        string[] pieces =
        [
            "version: 1\n",
            "rules:\n",
            "  - id: a\n",
            "    effect: allow\n",
            "    actions: [process.start]\n",
            "    arguments: any\n",
            "    executable: { path: /x }\n",
            "{",
            "}",
            "[",
            "]",
            ":",
            "- ",
            "\n",
            " ",
            "\t",
            "&a ",
            "*a",
            "!!str ",
            "|",
            ">",
            "\"",
            "'",
            "\\",
            "#",
            "---\n",
            "...\n",
            "<<: ",
            "? ",
            "%YAML 9.9\n",
            "\0",
            "\uD800",
            "\uFEFF",
            "\u2028",
            "~",
            "pattern: '(a+)+$'\n",
            "\"\\uD800\"",
            "@",
            "`",
            ",",
        ];
        ForAll(
            from whole in PolicySamples.Document
            from parts in Gen.ListOf(Gen.Elements(pieces))
            from at in Gen.Choose(0, 2000)
            from cut in Gen.Choose(0, 40)
            from fresh in Gen.Elements(true, false)
            select fresh ? string.Concat(parts) : Spoil(PolicyWriter.Write(whole), string.Concat(parts.Take(2)), at, cut),
            text =>
                PolicyReader
                    .Read(text)
                    .Match(_ => true, refusal => refusal.Problems.Count > 0 && refusal.Problems.All(p => p.Line > 0 && p.Column > 0)),
            3000
        );
    }

    private static bool SameText(string left, string right) => string.Equals(left, right, StringComparison.Ordinal);

    private static string Spoil(string text, string piece, int at, int cut)
    {
        at %= text.Length;
        return text[..at] + piece + text[Math.Min(text.Length, at + cut)..];
    }

    private static void ForAll<T>(Gen<T> samples, Func<T, bool> holds, int count = 1000) =>
        Prop.ForAll(samples.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(count));
}
