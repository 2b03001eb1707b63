using System.Globalization;
using System.Text.RegularExpressions;
using Osl.Cli.Output;
using Xunit;

namespace Osl.Tests.Unit.Cli;

public sealed partial class TableTests
{
    private const string Id = "01a1fdc7578e7973bbf93f46bd68d809";

    /// <summary>What a name or an argument may hold to make a table say something else.</summary>
    public static TheoryData<string> Hostile =>
        new(
            "[/]",
            "[red]x[/]",
            "[[",
            "]]",
            "[link=file:///etc/passwd]x[/]",
            ":skull: :bomb:",
            "\u001b[2J\u001b]0;title\u0007\u009b31m",
            "two\nlines\r\nthree",
            "\u202egpj.exe\u2066\u200b\u200d\ufeff",
            "tab\tbell\abackspace\b\b\b\b\bover",
            "\u2028\u2029\u0085",
            "日本語のとても長い名前のプログラムがここにある、画面よりもずっと長い名前である、まだ終わらない、まだまだ続く",
            "👩‍👩‍👧‍👦🏳️‍🌈🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
            "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
            "\ud800 alone \udc00",
            new string('x', 5000),
            "",
            " "
        );

    [Theory]
    [MemberData(nameof(Hostile))]
    public void On_a_terminal_no_text_breaks_out_of_its_cell(string text)
    {
        for (var width = 20; width <= 200; width++)
        {
            var output = OnScreen(new Screen(width, Colour: false), Sample(text));
            if (output is null)
            {
                continue;
            }

            var lines = output.Split('\n');
            // The header, three rows, and the end of the last line: nothing in a cell has begun a line of its own.
            Assert.Equal(5, lines.Length);
            Assert.All(lines, line => Assert.DoesNotContain(line, char.IsControl));
            Assert.All(lines, line => Assert.InRange(CellsOf(line), 0, width));
            // Ids stand whole, or their column is not there.
            Assert.Contains("4711", lines[1], StringComparison.Ordinal);
            Assert.Equal(lines[0].Contains("OPERATION", StringComparison.Ordinal), lines[1].Contains(Id, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void With_colours_there_are_no_other_escapes_than_ours(string text)
    {
        var output = OnScreen(new Screen(120, Colour: true), Sample(text))!;
        Assert.Contains("\u001b[", output, StringComparison.Ordinal);
        Assert.DoesNotContain(Rendition().Replace(output, "").Replace("\n", "", StringComparison.Ordinal), char.IsControl);
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void In_a_pipe_a_row_is_a_line_and_nothing_is_cut_off(string text)
    {
        using var output = new StringWriter();
        Sample(text).WriteTo(Terminal.Io(output));
        var lines = output.ToString().Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.All(lines, line => Assert.DoesNotContain(line, char.IsControl));
        Assert.EndsWith(Osl.Operations.DisplayText.Escape(text), lines[1], StringComparison.Ordinal);
        Assert.Equal(["4711", Id], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2]);
        // As narrow a terminal as that gets the same.
        using var narrow = new StringWriter();
        Assert.False(ScreenTable.TryWrite(narrow, new Screen(3, Colour: true), Sample(text)));
        Assert.Empty(narrow.ToString());
    }

    [Fact]
    public void What_gives_way_gives_way_in_order()
    {
        var table = Sample("prog");
        Assert.Contains(Id, OnScreen(new Screen(60, Colour: false), table)!, StringComparison.Ordinal);
        var narrow = OnScreen(new Screen(30, Colour: false), table)!;
        Assert.DoesNotContain("OPERATION", narrow, StringComparison.Ordinal);
        Assert.Contains("prog", narrow, StringComparison.Ordinal);
        var cropped = OnScreen(new Screen(24, Colour: false), Sample("a-program-with-a-long-name"))!;
        Assert.Contains("a-program-with", cropped, StringComparison.Ordinal);
        Assert.Contains('…', cropped);
        Assert.DoesNotContain("long-name", cropped, StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_wrap_loses_nothing()
    {
        const string Detail = "a sentence of several words that is too long for one line of a narrow screen";
        var table = new Table(new Column(""), new Column("", Squeeze.Wrap, Least: 10));
        table.Add("yes", Detail);
        var lines = OnScreen(new Screen(30, Colour: false), table)!.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 3, 5);
        Assert.Equal(Detail, string.Join(' ', lines.Select(line => line[5..].Trim())));
    }

    [Fact]
    public void A_file_and_a_dumb_terminal_are_no_screen()
    {
        using var output = new StringWriter();
        Assert.Null(Screen.Of(Terminal.Io(output, ("TERM", "xterm"))));
        Assert.Null(Screen.Of(Terminal.Io(output, ("TERM", "dumb"))));
    }

    private static Table Sample(string text)
    {
        var table = new Table(new Column("PGID"), new Column("OPERATION", Drop: 1), new Column("PROGRAM", Squeeze.Crop, Least: 12));
        table.Add("4711", Id, text);
        table.Add("4712", Id, Cell.Of(text, Tone.Bad));
        table.Add("4713", Id, "sleep");
        return table;
    }

    private static string? OnScreen(Screen screen, Table table)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        return ScreenTable.TryWrite(output, screen, table) ? output.ToString().Replace("\r\n", "\n", StringComparison.Ordinal) : null;
    }

    /// <summary>How wide a terminal shows it at most: wide characters take two cells, marks none.</summary>
    private static int CellsOf(string line) =>
        line.EnumerateRunes()
            .Sum(rune =>
                System.Text.Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0
                : rune.Value is >= 0x1100 and (<= 0x115f or >= 0x2e80) and not (>= 0xa4d0 and <= 0xabff) ? 2
                : 1
            );

    [GeneratedRegex(@"\x1b\[[0-9;]*m", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rendition();
}
