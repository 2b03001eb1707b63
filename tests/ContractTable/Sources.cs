using System.Text.RegularExpressions;

namespace Osl.Tests.ContractTable;

/// <summary>The behaviours of one part of the contract, in the order of its file.</summary>
/// <param name="Name">The part: the second word of the file's name.</param>
/// <param name="Methods">Names of test methods.</param>
internal sealed record Area(string Name, IReadOnlyList<string> Methods);

/// <summary>What the contract consists of, read from its sources: so that a test which did not run is missed.</summary>
internal static partial class Sources
{
    private const string Files = "ExecutorContract.*.cs";

    internal static List<Area> Read(string directory)
    {
        var areas = Directory
            .EnumerateFiles(directory, Files)
            .Order(StringComparer.Ordinal)
            .Select(file => new Area(
                Path.GetFileNameWithoutExtension(file).Split('.')[1],
                [.. TestMethod().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value)]
            ))
            .Where(area => area.Methods.Count > 0)
            .ToList();
        return areas.Count > 0 ? areas : throw new InvalidDataException($"{directory} holds no {Files} with tests.");
    }

    // An attribute, whatever stands below it on lines of its own, and the method.
    [GeneratedRegex(
        @"\[(?:Fact|Theory)\](?:\s*\[[^\n]*\])*\s*public (?:async )?(?:Task|void) (?<name>\w+)\(",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex TestMethod();
}
