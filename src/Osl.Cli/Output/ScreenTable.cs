using Spectre.Console;
using Spectre.Console.Rendering;

namespace Osl.Cli.Output;

/// <summary>
/// A table on a terminal, by Spectre.Console. Apart from everything else, since loading that library costs as much as osl's own
/// start: only what is written to a terminal comes here, and `osl run` never does (adr/0022-what-people-and-programs-read.md).
/// </summary>
/// <remarks>Cells go in as text, never as markup: Spectre would obey, or throw on, what stands in brackets.</remarks>
internal static class ScreenTable
{
    private const int Gap = 2;

    /// <summary>Writes it.</summary>
    /// <returns>False when there is not even room for what must not be cut off: nothing was written then.</returns>
    internal static bool TryWrite(TextWriter output, Screen screen, Table table)
    {
        var console = Open(output, screen);
        var cells = new CellText(console);
        if (Widths(cells, table, screen.Columns) is not { } widths)
        {
            return false;
        }

        var shown = Enumerable.Range(0, widths.Length).Where(column => widths[column] > 0).ToArray();
        var grid = new Grid { Expand = false };
        foreach (var column in shown)
        {
            var padding = column == shown[^1] ? 0 : Gap;
            // Texts have been cut to their column: Spectre must not do it again.
            grid.AddColumn(
                new GridColumn
                {
                    Width = widths[column],
                    NoWrap = true,
                    Padding = new Padding(0, 0, padding, 0),
                }
            );
        }

        if (table.Columns.Any(column => column.Header.Length > 0))
        {
            var bold = new Style(decoration: Decoration.Bold);
            grid.AddRow([
                .. shown.Select(column => Text(cells, table.Columns[column], table.Columns[column].Header, widths[column], bold)),
            ]);
        }

        foreach (var row in table.Rows)
        {
            grid.AddRow([
                .. shown.Select(column => Text(cells, table.Columns[column], row[column].Text, widths[column], StyleOf(row[column].Tone))),
            ]);
        }

        console.Write(grid);
        return true;
    }

    private static IAnsiConsole Open(TextWriter output, Screen screen)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = screen.Colour ? AnsiSupport.Yes : AnsiSupport.No,
                ColorSystem = screen.Colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                // What it would find out of the environment by itself has been found out.
                Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
                Out = new Sheet(output, screen.Columns),
            }
        );
        console.Profile.Width = screen.Columns;
        return console;
    }

    private static Text Text(CellText cells, Column column, string text, int width, Style? style) =>
        new(column.Squeeze == Squeeze.Wrap ? cells.Wrap(text, width) : cells.Crop(text, width), style) { Overflow = Overflow.Crop };

    private static Style? StyleOf(Tone tone) =>
        tone switch
        {
            Tone.Good => new Style(Color.Green),
            Tone.Bad => new Style(Color.Red),
            _ => null,
        };

    /// <summary>The width of each column, 0 for one that is left out; null when it can't be done.</summary>
    private static int[]? Widths(CellText cells, Table table, int room)
    {
        var natural = new int[table.Columns.Count];
        for (var column = 0; column < natural.Length; column++)
        {
            var texts = table.Rows.Select(row => row[column].Text).Append(table.Columns[column].Header);
            natural[column] = texts.Max(cells.WidthOf);
        }

        var shown = Enumerable.Range(0, natural.Length).Where(column => natural[column] > 0).ToList();
        while (Needed(shown.Select(column => LeastOf(table.Columns[column], natural[column]))) > room)
        {
            var next = shown
                .Where(column => table.Columns[column].Drop > 0)
                .OrderByDescending(column => table.Columns[column].Drop)
                .ToList();
            if (next.Count == 0)
            {
                return null;
            }

            shown.Remove(next[0]);
        }

        var widths = new int[natural.Length];
        shown.ForEach(column => widths[column] = LeastOf(table.Columns[column], natural[column]));
        var left = room - Needed(shown.Select(column => widths[column]));
        foreach (var column in shown)
        {
            var more = Math.Min(left, natural[column] - widths[column]);
            widths[column] += more;
            left -= more;
        }

        return widths;
    }

    private static int LeastOf(Column column, int natural) =>
        column.Squeeze == Squeeze.Never ? natural : Math.Min(natural, Math.Max(column.Least, column.Header.Length));

    private static int Needed(IEnumerable<int> widths)
    {
        var list = widths.ToList();
        return list.Sum() + (Gap * Math.Max(0, list.Count - 1));
    }

    /// <summary>Where Spectre writes: its own would ask System.Console for the width.</summary>
    private sealed class Sheet(TextWriter writer, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => width;

        public int Height => int.MaxValue;

        public void SetEncoding(System.Text.Encoding encoding) { }
    }
}
