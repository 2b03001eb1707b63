using System.Xml.Linq;

namespace Osl.Tests.ContractTable;

/// <summary>What one run says of one behaviour.</summary>
/// <param name="Holds">All its cases passed.</param>
/// <param name="Reason">Why it was not shown; null when it holds or failed.</param>
/// <param name="OnlyOnWindows">It needs Windows itself.</param>
internal sealed record Verdict(bool Holds, string? Reason, bool OnlyOnWindows)
{
    internal static Verdict Yes { get; } = new(true, null, false);

    internal static Verdict No { get; } = new(false, null, false);

    /// <summary>As the table has it.</summary>
    internal string Text =>
        Holds ? "yes"
        : OnlyOnWindows ? "real Windows only"
        : Reason is not null ? "–"
        : "no";
}

/// <summary>One run of the contract.</summary>
/// <param name="Name">The heading of its column.</param>
/// <param name="Verdicts">By test method.</param>
internal sealed record Run(string Name, IReadOnlyDictionary<string, Verdict> Verdicts)
{
    // As tests/integration/Contract/Feature.cs writes them.
    private const string RealWindows = "real Windows only: ";
    private const string NoMeaning = "not here: ";

    internal Verdict Of(string method) =>
        Verdicts.TryGetValue(method, out var verdict)
            ? verdict
            : throw new InvalidDataException($"The run '{Name}' says nothing of {method}: it did not run.");

    /// <param name="argument">NAME=CLASS=REPORT.</param>
    internal static Run Parse(string argument)
    {
        var parts = argument.Split('=', 3);
        if (parts.Length != 3)
        {
            throw new InvalidDataException($"'{argument}' is not NAME=CLASS=REPORT.");
        }

        // Named .xunit by dotnet test, .xml by people.
        var files = Directory.Exists(parts[2])
            ? Directory
                .EnumerateFiles(parts[2], "*.xml", SearchOption.AllDirectories)
                .Concat(Directory.EnumerateFiles(parts[2], "*.xunit", SearchOption.AllDirectories))
            : [parts[2]];
        var verdicts = files
            .SelectMany(file => XDocument.Load(file).Descendants("test"))
            .Where(test => ((string?)test.Attribute("type"))?.EndsWith("." + parts[1], StringComparison.Ordinal) == true)
            .GroupBy(test => (string)test.Attribute("method")!, StringComparer.Ordinal)
            .ToDictionary(cases => cases.Key, cases => Judge(cases.Key, [.. cases]), StringComparer.Ordinal);
        return verdicts.Count > 0 ? new Run(parts[0], verdicts) : throw new InvalidDataException($"{parts[2]} says nothing of {parts[1]}.");
    }

    private static Verdict Judge(string method, IReadOnlyList<XElement> cases)
    {
        if (cases.All(test => Ended(test, "Pass")))
        {
            return Verdict.Yes;
        }

        if (!cases.All(test => Ended(test, "Skip")))
        {
            return Verdict.No;
        }

        var reason = cases[0].Element("reason")?.Value.Trim() ?? "";
        return reason.StartsWith(RealWindows, StringComparison.Ordinal) ? new(false, reason[RealWindows.Length..], true)
            : reason.StartsWith(NoMeaning, StringComparison.Ordinal) ? new(false, reason[NoMeaning.Length..], false)
            : throw new InvalidDataException($"{method} was skipped, and '{reason}' does not say which kind of no that is.");
    }

    private static bool Ended(XElement test, string result) =>
        string.Equals((string?)test.Attribute("result"), result, StringComparison.Ordinal);
}
