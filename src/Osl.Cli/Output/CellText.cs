using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Osl.Cli.Output;

/// <summary>
/// Measures and cuts text by the cells of a terminal, before Spectre sees it: cutting text with wide characters itself, Spectre 0.49
/// throws or never returns, and its ellipsis begins only after wrapping at blanks.
/// </summary>
/// <remarks>Where Spectre and Unicode differ about a width the greater one counts: then nothing is ever too long for its column.</remarks>
internal sealed class CellText(IAnsiConsole console)
{
    private readonly Dictionary<Rune, int> _widths = [];
    private readonly RenderOptions _options = RenderOptions.Create(console);

    internal int WidthOf(string text) => text.EnumerateRunes().Sum(WidthOf);

    /// <summary>The text, or as much of it as fits with <c>…</c> behind it.</summary>
    internal string Crop(string text, int width)
    {
        if (WidthOf(text) <= width)
        {
            return text;
        }

        var cut = new StringBuilder();
        var left = width - 1;
        foreach (var rune in text.EnumerateRunes())
        {
            left -= WidthOf(rune);
            if (left < 0)
            {
                break;
            }

            cut.Append(rune);
        }

        return cut.Append('…').ToString();
    }

    /// <summary>The text in lines that fit, broken at blanks where there are some.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">At least 2, the width of any character.</param>
    internal string Wrap(string text, int width)
    {
        var lines = new StringBuilder();
        var at = 0;
        foreach (var word in text.Split(' '))
        {
            var length = WidthOf(word);
            if (at > 0 && at + 1 + length <= width)
            {
                lines.Append(' ');
                at++;
            }
            else if (at > 0)
            {
                lines.Append('\n');
                at = 0;
            }

            foreach (var rune in word.EnumerateRunes())
            {
                var cells = WidthOf(rune);
                if (at + cells > width)
                {
                    lines.Append('\n');
                    at = 0;
                }

                lines.Append(rune);
                at += cells;
            }
        }

        return lines.ToString();
    }

    private int WidthOf(Rune rune)
    {
        if (rune.IsAscii)
        {
            return 1;
        }

        if (!_widths.TryGetValue(rune, out var width))
        {
            var measured = ((IRenderable)new Text(rune.ToString())).Measure(_options, int.MaxValue).Max;
            _widths[rune] = width = Math.Max(measured, OfUnicode(rune));
        }

        return width;
    }

    /// <summary>Roughly as terminals do it (UAX #11): marks none, East Asian wide characters and pictures two, all else one.</summary>
    private static int OfUnicode(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0
        : rune.Value
            is (>= 0x1100 and <= 0x115f)
                or (>= 0x2e80 and <= 0xa4cf)
                or (>= 0xa960 and <= 0xa97f)
                or (>= 0xac00 and <= 0xd7a3)
                or (>= 0xf900 and <= 0xfaff)
                or (>= 0xfe30 and <= 0xfe6f)
                or (>= 0xff00 and <= 0xff60)
                or (>= 0xffe0 and <= 0xffe6)
                or (>= 0x1f000 and <= 0x1faff)
                or (>= 0x20000 and <= 0x3fffd)
            ? 2
        : 1;
}
