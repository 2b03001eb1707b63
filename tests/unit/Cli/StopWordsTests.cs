using System.Runtime.InteropServices;
using Osl.Cli;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Cli;

public sealed class StopWordsTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly StopWords _words;

    public StopWordsTests() => _words = new StopWords(_clock);

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public void What_comes_right_behind_the_first_is_the_same_word(PosixSignal signal)
    {
        Assert.Equal(StopWord.End, _words.Hear(PosixSignal.SIGTERM));
        Assert.Equal(StopWord.Nothing, _words.Hear(signal));
        _clock.Advance(StopWords.SameWord - TimeSpan.FromTicks(1));
        Assert.Equal(StopWord.Nothing, _words.Hear(signal));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(StopWord.Hurry, _words.Hear(signal));
    }

    [Fact]
    public void A_hangup_may_be_the_first_word_and_is_never_the_second()
    {
        Assert.Equal(StopWord.End, _words.Hear(PosixSignal.SIGHUP));
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(StopWord.Nothing, _words.Hear(PosixSignal.SIGHUP));
        Assert.Equal(StopWord.Hurry, _words.Hear(PosixSignal.SIGTERM));
    }
}
