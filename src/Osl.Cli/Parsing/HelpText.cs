namespace Osl.Cli.Parsing;

/// <summary>Writes help within a width: titles, paragraphs, and lists of two columns. Breaks lines at blanks only.</summary>
internal sealed class HelpText(TextWriter output, int width)
{
    private const int Indent = 2;
    private const int WidestName = 26;

    internal void Title(string title) => output.Write($"\n{title}:\n");

    /// <summary>A line as it is: what is typed must not be broken.</summary>
    internal void Verbatim(string line) => output.Write($"{line}\n");

    internal void Paragraph(string text, int indent = 0) => Lines(text, indent, indent);

    internal void List(string title, IEnumerable<(string Name, string Meaning)> lines)
    {
        var all = lines.ToList();
        if (all.Count == 0)
        {
            return;
        }

        Title(title);
        var narrow = Math.Min(all.Max(line => line.Name.Length), Math.Min(WidestName, width / 3));
        foreach (var (name, meaning) in all)
        {
            if (name.Length <= narrow)
            {
                output.Write($"{new string(' ', Indent)}{name.PadRight(narrow)}");
                Lines(meaning, Indent, Indent + narrow + Indent);
            }
            else
            {
                Verbatim($"{new string(' ', Indent)}{name}");
                Lines(meaning, Indent + narrow + Indent, Indent + narrow + Indent);
            }
        }
    }

    /// <summary>Breaks a text into lines.</summary>
    /// <param name="text">The text.</param>
    /// <param name="first">How many blanks before it: of a new line, or after what stands on this one.</param>
    /// <param name="hanging">In which column the lines after the first begin.</param>
    private void Lines(string text, int first, int hanging)
    {
        output.Write(new string(' ', first));
        var at = hanging;
        foreach (var word in text.Split(' '))
        {
            if (at > hanging && at + 1 + word.Length > width)
            {
                output.Write($"\n{new string(' ', hanging)}");
                at = hanging;
            }
            else if (at > hanging)
            {
                output.Write(' ');
                at++;
            }

            output.Write(word);
            at += word.Length;
        }

        output.Write('\n');
    }
}
