using System.Globalization;
using System.Text;

namespace Osl.Tests.ContractTable;

/// <summary>What holds where, as Markdown.</summary>
internal sealed class Table(IReadOnlyList<Area> areas, IReadOnlyList<Run> runs)
{
    /// <summary>For the README: how many behaviours of each part hold in each run, and every one that does not hold everywhere.</summary>
    internal string Summary()
    {
        var text = new StringBuilder();
        Row(text, ["", .. runs.Select(run => run.Name)]);
        Rule(text);
        foreach (var area in areas)
        {
            Row(text, [area.Name.ToLowerInvariant(), .. runs.Select(run => Count(area.Methods, run))]);
        }

        List<string> all = [.. areas.SelectMany(area => area.Methods)];
        Row(text, ["in all", .. runs.Select(run => Count(all, run))]);
        text.Append('\n');
        foreach (var method in all.Where(method => runs.Any(run => !run.Of(method).Holds)))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {Sentence(method)}: ");
            text.AppendJoin("; ", Exceptions(method)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The whole table, with the reasons as notes.</summary>
    internal string Page()
    {
        var text = new StringBuilder();
        var notes = new List<string>();
        foreach (var area in areas)
        {
            text.Append(CultureInfo.InvariantCulture, $"## {area.Name}\n\n");
            Row(text, ["", .. runs.Select(run => run.Name)]);
            Rule(text);
            foreach (var method in area.Methods)
            {
                Row(text, [Sentence(method), .. runs.Select(run => Cell(run.Of(method), notes))]);
            }

            text.Append('\n');
        }

        for (var i = 0; i < notes.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i + 1}. {notes[i]}\n");
        }

        return text.ToString();
    }

    private static string Count(IReadOnlyList<string> methods, Run run)
    {
        var hold = methods.Count(method => run.Of(method).Holds);
        return string.Create(CultureInfo.InvariantCulture, $"{hold} of {methods.Count}");
    }

    private static string Cell(Verdict verdict, List<string> notes)
    {
        if (verdict.Reason is not { } reason)
        {
            return verdict.Text;
        }

        if (!notes.Contains(reason, StringComparer.Ordinal))
        {
            notes.Add(reason);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{verdict.Text} ({notes.IndexOf(reason) + 1})");
    }

    /// <summary>One for each reason, with the runs that share it.</summary>
    private IEnumerable<string> Exceptions(string method) =>
        runs.Select(run => (run.Name, Verdict: run.Of(method)))
            .Where(run => !run.Verdict.Holds)
            .GroupBy(run => run.Verdict)
            .Select(same =>
                $"{string.Join(" and ", same.Select(run => run.Name))} {same.Key.Text} ({same.Key.Reason?.TrimEnd('.') ?? "fails"})"
            );

    private void Rule(StringBuilder text) => Row(text, Enumerable.Repeat("---", runs.Count + 1), space: "");

    private static void Row(StringBuilder text, IEnumerable<string> cells, string space = " ")
    {
        text.Append('|');
        foreach (var cell in cells)
        {
            text.Append(cell.Length == 0 ? " " : space + cell + space).Append('|');
        }

        text.Append('\n');
    }

    private static string Sentence(string method) => method.Replace('_', ' ');
}
