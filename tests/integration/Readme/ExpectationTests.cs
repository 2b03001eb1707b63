namespace Osl.Tests.Integration.Readme;

/// <summary>That the comparison of transcripts finds what is different, and lets pass only what has to differ.</summary>
public sealed class ExpectationTests
{
    private const string Id = "01a1fdc7578e7973bbf93f46bd68d809";

    [Theory]
    [InlineData("3 of 3 ended", "3 of 3 ended", true)]
    [InlineData("3 of 3 ended", "2 of 3 ended", false)]
    [InlineData("3 of 3 ended", "3 of 3 ended!", false)]
    [InlineData("3 of 3 ended", "x3 of 3 ended", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("PID   AGE", "PID AGE", true)]
    [InlineData("PIDAGE", "PID AGE", false)]
    [InlineData("15481 15481 2s", "77 77 310ms", true)]
    [InlineData("15481 15481 2s", "77 78 2s", false)]
    [InlineData("15481 15455", "77 x", false)]
    [InlineData("999", "998", false)]
    [InlineData($"id {Id} of ada", "id 11112222333344445555666677778888 of eve", true)]
    [InlineData($"id {Id} of ada", "id 1111222233334444 of eve", false)]
    [InlineData($"id {Id} of ada", "id 11112222333344445555666677778888 of bob", false)]
    [InlineData("2026-11-21T11:04:22.158Z", "2030-01-02T03:04:05.678Z", true)]
    [InlineData("2026-11-21T11:04:22.158Z", "yesterday", false)]
    [InlineData("in /home/ada/audit", "in /tmp/h/audit", true)]
    [InlineData("in /home/ada/audit", "in /home/ada/audit", false)]
    [InlineData("kernel …", "kernel 6.18", true)]
    [InlineData("kernel …", "kern 6.18", false)]
    public void A_line(string written, string printed, bool same) => Assert.Equal(same, New().Compare([written], [printed]) is null);

    [Fact]
    public void Lines_are_counted()
    {
        Assert.Null(New().Compare([], []));
        Assert.NotNull(New().Compare([], ["more"]));
        Assert.NotNull(New().Compare(["more"], []));
        Assert.NotNull(New().Compare(["a"], ["a", "b"]));
        Assert.NotNull(New().Compare(["b"], ["a", "b"]));
        Assert.Null(New().Compare(["…", "b"], ["a", "b"]));
        Assert.Null(New().Compare(["a", "…"], ["a", "b", "c"]));
        Assert.Null(New().Compare(["a", "…", "d", "…"], ["a", "b", "c", "d"]));
        Assert.NotNull(New().Compare(["a", "…", "d"], ["a", "b", "d", "c"]));
        Assert.NotNull(New().Compare(["a", "…", "d"], ["a", "b", "c"]));
    }

    [Fact]
    public void What_a_number_stands_for_holds_for_the_whole_block()
    {
        var expectation = New();
        Assert.Equal("osl kill-group 15481", expectation.Resolve("osl kill-group 15481"));
        Assert.Null(expectation.Compare(["15481 managed"], ["312 managed"]));
        Assert.Equal("osl kill-group 312 --grace 5s", expectation.Resolve("osl kill-group 15481 --grace 5s"));
        Assert.NotNull(expectation.Compare(["group 15481"], ["group 313"]));
        Assert.Null(expectation.Compare(["group 15481"], ["group 312"]));
    }

    [Fact]
    public void A_transcript_is_commands_and_what_they_print()
    {
        var steps = Transcript.Parse(["$ cat >x <<END", "> hello", "> END", "$ cat x", "hello"]);
        Assert.Equal(["cat >x <<END\nhello\nEND", "cat x"], steps.Select(step => step.Command), StringComparer.Ordinal);
        Assert.Equal([0, 1], steps.Select(step => step.Expected.Count));
    }

    [Fact]
    public void Blocks_are_found_with_their_kinds()
    {
        var blocks = ReadmeBlock.Parse(["text", "```console clone", "$ true", "```", "```", "bare", "```"]);
        Assert.Equal([(2, "console clone"), (5, "")], blocks.Select(block => (block.Line, block.Kind)));
    }

    private static Expectation New() => new("eve", "/tmp/h");
}
