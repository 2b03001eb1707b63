using System.Text.RegularExpressions;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

/// <summary>What a hostile argument can cost, counted in steps and in bytes: a clock would say something else on each machine.</summary>
public sealed class PolicyCostTests
{
    [Fact]
    public void Arguments_take_no_more_comparisons_than_arguments_times_elements()
    {
        var comparisons = 0L;
        // For each argument every optional element could be meant, or passed by: 2^59 ways for who tries them one by one.
        var elements = Enumerable
            .Repeat(new ArgumentElement(ArgumentKind.Pattern, ArgumentCount.Optional, ["a+"]), ArgumentMatcher.MostElements - 1)
            .Append(ArgumentElement.Rest("a+"))
            .ToValueList();
        var matcher = new ArgumentMatcher(new ArgumentPattern { Elements = elements }, comparing: () => comparisons++);
        var arguments = Enumerable.Repeat((Argument)"aaa", 2_000).Append("b").ToArray();

        Assert.False(matcher.IsMatch(arguments, out var matched));

        Assert.Equal(2_000, matched);
        Assert.InRange(comparisons, 2_000, (long)arguments.Length * ArgumentMatcher.MostElements);
    }

    [Fact]
    public void A_pattern_is_compiled_once_however_often_a_policy_uses_it()
    {
        var rules = Enumerable
            .Range(0, 50)
            .Select(i => new PolicyRule($"r{i}", Osl.Operations.Policies.PolicyEffect.Allow)
            {
                Actions = ["process.start"],
                Executable = ExecutableCondition.Anything,
                Arguments = ArgumentPattern.Of(ArgumentElement.Pattern("[a-z]+"), ArgumentElement.Rest("[a-z]+")),
                Matches = [.. Enumerable.Repeat<ValueList<string>>(["x", "a", "b"], 20)],
            })
            .ToValueList();
        var policy = CompiledPolicy.Compile(new PolicyDocument { Rules = rules }).AsT0;

        Assert.Equal(1, policy.Patterns.Compilations);
    }

    [Fact]
    public void Patterns_that_would_take_minutes_to_compile_are_refused_together_and_told_once()
    {
        // Near every bound of a file: 1,000 patterns of 900 characters, no two alike. One alone takes seconds, and a gigabyte.
        var rules = Enumerable
            .Range(0, 1_000)
            .Select(i => Rule(i, string.Concat(Enumerable.Range(0, 900).Select(k => (char)(0x4e00 + k + i)))));

        var refusal = CompiledPolicy.Compile(new PolicyDocument { Rules = rules.ToValueList() }).AsT1;

        var problem = Assert.Single(refusal.Problems);
        Assert.Equal("rules[0].arguments[0]", problem.Where);
        Assert.Contains("too much together", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_of_ten_thousand_plain_patterns_weighs_less_than_is_refused()
    {
        var weight = Enumerable
            .Range(0, PolicyValidator.MostRules)
            .Sum(i => PatternTable.Weigh($"--name-{i}=[a-z0-9][a-z0-9-]*(\\.[a-z]+)?"));
        Assert.InRange(weight, 1, PatternTable.MostWeight);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("[a-z]+", 6)]
    // 6 characters, and 10 categories that count as 4 each; 32 are free.
    [InlineData("\\p{L}\\p{N}\\p{L}\\p{N}\\p{L}\\p{N}\\p{L}\\p{N}\\p{L}\\p{N}", 50 + (14 * 14))]
    public void The_weight_of_a_pattern_grows_with_the_sets_it_tells_apart(string expression, int weight) =>
        Assert.Equal(weight, PatternTable.Weigh(expression));

    private static PolicyRule Rule(int number, string pattern) =>
        new($"r{number}", Osl.Operations.Policies.PolicyEffect.Allow)
        {
            Actions = ["process.start"],
            Executable = ExecutableCondition.Anything,
            Arguments = ArgumentPattern.Of(ArgumentElement.Pattern(pattern)),
        };

    [Theory]
    [InlineData("(a+)+b")]
    [InlineData("(a|aa)+")]
    [InlineData("(a|a)*b")]
    [InlineData("a*a*a*a*a*a*a*a*b")]
    [InlineData("(.*)*x")]
    [InlineData("([a-z]+)*\\d")]
    [InlineData("(a?){20}a{20}b")]
    public void No_pattern_keeps_more_for_a_longer_text(string expression)
    {
        var pattern = LinearPattern.TryCompile(expression, out var problem);
        Assert.True(pattern is not null, problem);
        Assert.True(pattern.Options.HasFlag(RegexOptions.NonBacktracking));
        var longer = new string('a', 200_000) + "!";
        Assert.DoesNotMatch(pattern, new string('a', 2_000) + "!");
        Assert.DoesNotMatch(pattern, longer);

        // Each character is one step of an automaton, whose states are made by now. A search that goes back has to remember where to.
        var bytes = Enumerable
            .Range(0, 10)
            .Select(round =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                _ = pattern.IsMatch(longer);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            })
            .Min();
        Assert.InRange(bytes, 0, 1024);
    }
}
