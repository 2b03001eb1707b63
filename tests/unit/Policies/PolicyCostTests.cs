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
        var matcher = new ArgumentMatcher(new ArgumentPattern { Elements = elements }, () => comparisons++);
        var arguments = Enumerable.Repeat((Argument)"aaa", 2_000).Append("b").ToArray();

        Assert.False(matcher.IsMatch(arguments, out var matched));

        Assert.Equal(2_000, matched);
        Assert.InRange(comparisons, 2_000, (long)arguments.Length * ArgumentMatcher.MostElements);
    }

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
