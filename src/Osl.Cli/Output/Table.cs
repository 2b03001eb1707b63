using Osl.Operations;

namespace Osl.Cli.Output;

/// <summary>What a cell says by its colour, where there is one.</summary>
internal enum Tone
{
    /// <summary>Nothing.</summary>
    Plain,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Look here.</summary>
    Bad,
}

/// <summary>What becomes of a column that has too little room.</summary>
internal enum Squeeze
{
    /// <summary>Nothing: half an id is none.</summary>
    Never,

    /// <summary>Its text is cut off, with <c>…</c>.</summary>
    Crop,

    /// <summary>Its text goes on in the next line.</summary>
    Wrap,
}

/// <summary>One column.</summary>
/// <param name="Header">Its title.</param>
/// <param name="Squeeze">What becomes of it when there is too little room.</param>
/// <param name="Least">How many cells it is left at least, when it is squeezed.</param>
/// <param name="Drop">In which order columns are left out when that does not do: the highest first; 0 never.</param>
internal sealed record Column(string Header, Squeeze Squeeze = Squeeze.Never, int Least = 0, int Drop = 0);

/// <summary>One cell; its text has been escaped.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Tone">How.</param>
internal readonly record struct Cell(string Text, Tone Tone)
{
    public static implicit operator Cell(string? text) => Of(text);

    internal static Cell Of(string? text, Tone tone = Tone.Plain) => new(DisplayText.Escape(text), tone);
}

/// <summary>
/// Rows for people. On a terminal of known width they are laid out for it; everywhere else each is one line, its columns aligned by
/// two spaces or more, nothing cut off, no escape codes: for awk and for diff. Every cell is escaped.
/// </summary>
internal sealed class Table(params Column[] columns)
{
    private readonly List<Cell[]> _rows = [];

    internal IReadOnlyList<Column> Columns => columns;

    internal IReadOnlyList<Cell[]> Rows => _rows;

    internal void Add(params Cell[] cells)
    {
        _rows.Add(
            cells.Length == columns.Length ? cells : throw new ArgumentException("A row needs a cell for each column.", nameof(cells))
        );
    }

    /// <summary>Writes it as suits what osl writes to.</summary>
    internal void WriteTo(CliIo io)
    {
        if (Screen.Of(io) is not { } screen || !ScreenTable.TryWrite(io.Out, screen, this))
        {
            WritePlain(io.Out);
        }
    }

    internal void WritePlain(TextWriter writer)
    {
        var header = columns.Select(column => Cell.Of(column.Header)).ToArray();
        var all = columns.Any(column => column.Header.Length > 0) ? _rows.Prepend(header).ToList() : _rows;
        var widths = Enumerable.Range(0, columns.Length).Select(column => all.Max(row => row[column].Text.Length)).ToArray();
        foreach (var row in all)
        {
            // The last column is not padded: no line ends in blanks.
            var cells = row.Select((cell, column) => column == row.Length - 1 ? cell.Text : cell.Text.PadRight(widths[column]));
            writer.Write(string.Join("  ", cells));
            writer.Write('\n');
        }
    }
}
