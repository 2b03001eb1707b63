using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Osl.Cli;
using Xunit;

namespace Osl.Tests.Unit.Cli;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("0s", 0)]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("007s", 7_000)]
    public void Digits_and_a_unit_are_a_duration(string text, long milliseconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("+5s")]
    [InlineData("5 s")]
    [InlineData(" 5s")]
    [InlineData("5s ")]
    [InlineData("5S")]
    [InlineData("1.5s")]
    [InlineData("1m30s")]
    [InlineData("5sec")]
    [InlineData("٥s")]
    [InlineData("1e3s")]
    [InlineData("0x5s")]
    [InlineData("3651d")]
    [InlineData("999999999999d")]
    [InlineData("99999999999999999999ms")]
    public void Everything_else_is_none(string? text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void Any_count_of_any_unit_within_the_bound_is_read_exactly() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<PositiveInt>(),
                Gen.Elements("ms", "s", "m").ToArbitrary(),
                (count, unit) =>
                {
                    var number = count.Get % 1_000_000;
                    var read = Durations.TryParse(string.Create(CultureInfo.InvariantCulture, $"{number}{unit}"), out var duration);
                    var expected = unit switch
                    {
                        "ms" => TimeSpan.FromMilliseconds(number),
                        "s" => TimeSpan.FromSeconds(number),
                        _ => TimeSpan.FromMinutes(number),
                    };
                    return read && duration == expected;
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(-3, "0s")]
    [InlineData(0, "0s")]
    [InlineData(59, "59s")]
    [InlineData(61, "1m01s")]
    [InlineData(3_600, "1h00m")]
    [InlineData(90_000, "1d01h")]
    public void An_age_shows_its_two_largest_units(int seconds, string expected) =>
        Assert.Equal(expected, Durations.Describe(TimeSpan.FromSeconds(seconds)));
}
