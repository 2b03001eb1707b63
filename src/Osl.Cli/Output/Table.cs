using Osl.Operations;

namespace Osl.Cli.Output;

/// <summary>Plain aligned columns, two spaces between them. Every cell is escaped.</summary>
internal sealed class Table(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    internal void Add(params string[] cells) => _rows.Add([.. cells.Select(cell => DisplayText.Escape(cell))]);

    internal void WriteTo(TextWriter writer)
    {
        var widths = Enumerable.Range(0, header.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in _rows)
        {
            // The last column is not padded: no line ends in blanks.
            var cells = row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]));
            writer.Write(string.Join("  ", cells));
            writer.Write('\n');
        }
    }
}
