using Osl.Operations;
using Xunit;

namespace Osl.Tests.Unit.Operations;

public sealed class DisplayTextTests
{
    [Theory]
    [InlineData("a\nb", @"a\u000Ab")]
    [InlineData("\u001b[31mred", @"\u001B[31mred")]
    [InlineData("\u007f\u009b", @"\u007F\u009B")]
    [InlineData("a\u202Eb\u2066\u200B\uFEFF", @"a\u202Eb\u2066\u200B\uFEFF")]
    [InlineData("\u2028\u2029", @"\u2028\u2029")]
    [InlineData("\U000E0041", @"\uDB40\uDC41")]
    public void What_a_terminal_would_obey_is_escaped(string text, string escaped) => Assert.Equal(escaped, DisplayText.Escape(text));

    [Theory]
    [InlineData("")]
    [InlineData(@"C:\temp\new")]
    [InlineData("grüße ‹secret› \U0001F600 日本")]
    public void Other_text_is_the_same_instance(string text) => Assert.Same(text, DisplayText.Escape(text));

    /// <remarks>Not an InlineData: attributes are kept as UTF-8, where half a pair has no place.</remarks>
    [Fact]
    public void Half_a_surrogate_pair_is_escaped() => Assert.Equal(@"x\uD800y", DisplayText.Escape("x\uD800y"));

    [Fact]
    public void Nothing_is_the_empty_text() => Assert.Equal("", DisplayText.Escape(null));

    [Fact]
    public void Long_text_is_cut_between_characters()
    {
        Assert.Equal("ab…", DisplayText.Escape("abc", 2));
        Assert.Equal("abc", DisplayText.Escape("abc", 3));
        Assert.Equal("a…", DisplayText.Escape("a\U0001F600b", 2));
    }
}
