using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

/// <summary>What ends a line, or the file, for a YAML reader and not for an editor hides what a policy says.</summary>
public sealed class HiddenCharacterTests
{
    private const string Before = "version: 1\nrules:\n  - { id: all, effect: deny, actions: [process.start] } # reviewed";

    [Theory]
    [InlineData("\0")]
    [InlineData("\u0085")]
    [InlineData("\u2028")]
    [InlineData("\u2029")]
    [InlineData("\r")]
    [InlineData("\u001b")]
    [InlineData("\ufeff")]
    public void A_policy_that_holds_one_does_not_load(string hidden)
    {
        Assert.True(PolicyReader.Read(Before + "\n").IsT0);
        foreach (var text in (string[])[$"{Before}{hidden}    because: none\n", $"{Before}\n{hidden}"])
        {
            var problem = Assert.Single(PolicyReader.Read(text).AsT1.Problems);
            Assert.StartsWith("the file holds the character U+", problem.Message, StringComparison.Ordinal);
            Assert.InRange(problem.Line, 3, 4);
        }
    }

    [Fact]
    public void Lines_may_end_as_they_do_on_Windows() =>
        Assert.True(PolicyReader.Read(Before.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n").IsT0);
}
