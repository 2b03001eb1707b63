using FsCheck;
using FsCheck.Fluent;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations;

public sealed class ValueTests
{
    [Fact]
    public void Lists_compare_by_value_and_the_default_is_the_empty_one()
    {
        ValueList<string> list = ["a", "b"];
        Assert.Equal(list, ["a", "b"]);
        Assert.True(list == ValueList.ToValueList(["a", "b"]));
        Assert.Equal(list.GetHashCode(), ValueList.ToValueList(["a", "b"]).GetHashCode());
        Assert.True(list != ["b", "a"]);
        Assert.Equal(default, (ValueList<string>)[]);
        Assert.Equal(default(ValueList<string>).GetHashCode(), ((ValueList<string>)[]).GetHashCode());
        Assert.Empty(default(ValueList<string>));
        Assert.Equal("[a, b]", list.ToString());
    }

    [Fact]
    public void A_list_can_not_be_changed_through_what_it_was_made_of()
    {
        string[] source = ["a"];
        var list = source.ToValueList();
        source[0] = "b";
        var more = list.Add("c").AddRange(["d"]);
        Assert.Equal("a", list[0]);
        Assert.Single(list);
        Assert.Equal(["a", "c", "d"], more);
    }

    [Fact]
    public void A_default_OneOf_is_neither_case()
    {
        var unset = default(OneOf<string, OperationError>);
        Assert.False(unset.IsT0 || unset.IsT1);
        Assert.Throws<InvalidOperationException>(() => unset.Index);
        Assert.Throws<InvalidOperationException>(() => unset.Value);
        Assert.Throws<InvalidOperationException>(() => unset.AsT0);
        Assert.Throws<InvalidOperationException>(() => unset.AsT1);
        Assert.Throws<InvalidOperationException>(() => unset.Match(_ => 0, _ => 1));
        Assert.Throws<InvalidOperationException>(() => unset.Switch(_ => { }, _ => { }));
        Assert.Throws<InvalidOperationException>(() => unset.TryPickT0(out _, out _));
        Assert.Throws<InvalidOperationException>(() => unset.TryPickT1(out _, out _));
        Assert.Throws<InvalidOperationException>(() => unset.MapT0(text => text));
        Assert.Throws<InvalidOperationException>(() => unset.OrThrow());
        Assert.NotEqual(unset, "");
    }

    [Fact]
    public void A_OneOf_gives_back_exactly_what_it_was_given() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll(
                Gen.Choose(-100, 100).Zip(Gen.Elements(true, false), (number, first) => (number, first)).ToArbitrary(),
                sample =>
                {
                    var (number, first) = sample;
                    var one = first ? OneOf<string, Exception>.FromT0($"{number}") : new TimeoutException($"{number}");
                    var mapped = one.MapT0(text => text + "!");
                    return one.IsT0 == first
                        && one.IsT1 == !first
                        && one.Index == (first ? 0 : 1)
                        && one.Match(_ => true, _ => false) == first
                        && one.TryPickT0(out var text, out var error) == first
                        && one.TryPickT1(out _, out _) == !first
                        && (first ? ReferenceEquals(text, one.AsT0) && mapped.AsT0.EndsWith('!') : ReferenceEquals(error, mapped.AsT1))
                        && one.Equals(first ? OneOf<string, Exception>.FromT0($"{number}") : one)
                        && one != default;
                }
            )
        );

    [Fact]
    public void A_failure_can_be_had_as_an_exception()
    {
        OneOf<string, OperationError> failed = new NotFound("program x", "Install it.");
        var thrown = Assert.Throws<OperationException>(() => failed.OrThrow());
        Assert.Same(failed.AsT1, thrown.Error);
        Assert.Equal("Not found: program x. Install it.", thrown.Message);
    }

    [Fact]
    public async Task A_failure_to_come_can_be_had_as_an_exception() =>
        await Assert.ThrowsAsync<OperationException>(async () =>
            await ValueTask.FromResult<OneOf<string, OperationError>>(new StaleProcess("5")).OrThrow()
        );

    [Fact]
    public void Every_signal_is_found_by_its_number_and_by_its_name() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll(
                Gen.Choose(1, 64).ToArbitrary(),
                number =>
                {
                    var signal = Signal.FromNumber(number);
                    return Finds(signal.Name, signal)
                        && Finds(signal.Name.ToLowerInvariant(), signal)
                        && Finds($"{number}", signal)
                        && (number > 31 || Finds($"SIG{signal.Name}", signal));
                }
            )
        );

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("sigkill", 9)]
    [InlineData("IOT", 6)]
    [InlineData("CLD", 17)]
    [InlineData("POLL", 29)]
    [InlineData("64", 64)]
    public void A_signal_has_the_number_that_signal_7_gives_it(string text, int number)
    {
        Assert.True(Signal.TryParse(text, out var signal));
        Assert.Equal(number, signal.Number);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-9")]
    [InlineData("+9")]
    [InlineData(" 9")]
    [InlineData("SIG")]
    [InlineData("SIGSIGTERM")]
    [InlineData("TERM ")]
    [InlineData("99999999999")]
    public void What_is_no_signal_is_none(string? text)
    {
        Assert.False(Signal.TryParse(text, out var signal));
        Assert.Equal(default, signal);
    }

    [Fact]
    public void Operation_ids_are_written_in_one_form_and_ordered_by_time()
    {
        var early = OperationId.New(DateTimeOffset.UnixEpoch);
        var late = OperationId.New(DateTimeOffset.UnixEpoch.AddSeconds(1));
        Assert.True(early < late);
        Assert.Matches("^[0-9a-f]{32}$", early.ToString());
        Assert.True(OperationId.TryParse(early.ToString(), out var read));
        Assert.Equal(early, read);
        Assert.False(OperationId.TryParse(early.ToString().ToUpperInvariant(), out _));
        Assert.False(OperationId.TryParse($"{{{early}}}", out _));
    }

    private static bool Finds(string text, Signal signal) => Signal.TryParse(text, out var found) && found == signal;
}
