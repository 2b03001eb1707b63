using System.Text.RegularExpressions;

namespace Osl.Tests.Integration.Readme;

/// <summary>
/// Holds what a program printed against what is written, line by line. What is different each time is known by its form, and by
/// nothing else (knowledge/readme-transcripts.md): a number of four digits or more, and an id of 32 hexadecimal ones, stand for
/// whatever is found in their place, but for the same in every place of the block; a time and an age for any; <c>…</c> for any
/// text; a line <c>…</c> for any lines.
/// </summary>
internal sealed partial class Expectation(string user, string home)
{
    /// <summary>Who has written the README, and where.</summary>
    private const string WrittenUser = "ada";

    private const string WrittenHome = "/home/ada";
    private const string Anything = "…";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, string> _bound = new(StringComparer.Ordinal);

    /// <summary>A command, with the ids that were found in place of those that are written.</summary>
    internal string Resolve(string command) =>
        Varying()
            .Replace(
                command.Replace(WrittenHome, home, StringComparison.Ordinal),
                match => _bound.GetValueOrDefault(match.Value, match.Value)
            );

    /// <summary>Null when it is as written, else what is not.</summary>
    internal string? Compare(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        var at = 0;
        var skipping = false;
        foreach (var line in expected)
        {
            if (string.Equals(line, Anything, StringComparison.Ordinal))
            {
                skipping = true;
                continue;
            }

            while (at < actual.Count && !Matches(line, actual[at]) && skipping)
            {
                at++;
            }

            if (at == actual.Count || !Matches(line, actual[at]))
            {
                return Tell(expected, actual, line);
            }

            Bind(line, actual[at++]);
            skipping = false;
        }

        return at == actual.Count || skipping ? null : Tell(expected, actual, $"nothing after line {at}");
    }

    private static string Tell(IReadOnlyList<string> expected, IReadOnlyList<string> actual, string missing) =>
        $"not as written: {missing}\n--- written\n{string.Join('\n', expected)}\n--- printed\n{string.Join('\n', actual)}\n---";

    private bool Matches(string expected, string actual) =>
        Regex.IsMatch(actual, PatternOf(expected), RegexOptions.CultureInvariant, Limit);

    private void Bind(string expected, string actual)
    {
        var match = Regex.Match(actual, PatternOf(expected), RegexOptions.CultureInvariant, Limit);
        foreach (Match varying in Varying().Matches(expected))
        {
            if (match.Groups[$"v{varying.Value}"] is { Success: true } found)
            {
                _bound[varying.Value] = found.Value;
            }
        }
    }

    private string PatternOf(string expected)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var pattern = Part()
            .Replace(
                expected.TrimEnd(),
                part =>
                    part.Groups["any"].Success ? ".*"
                    : part.Groups["blank"].Success ? @"\s+"
                    : part.Groups["time"].Success ? @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
                    : part.Groups["age"].Success ? @"\d+(?:ms|s|m|h|d)"
                    : part.Groups["home"].Success ? Regex.Escape(home)
                    : part.Groups["user"].Success ? Regex.Escape(user)
                    : part.Groups["varying"].Success ? PatternOf(part.Value, seen)
                    : Regex.Escape(part.Value)
            );
        return $@"\A{pattern}\s*\z";
    }

    private string PatternOf(string varying, HashSet<string> seen) =>
        _bound.TryGetValue(varying, out var bound) ? Regex.Escape(bound)
        : !seen.Add(varying) ? $@"\k<v{varying}>"
        : varying.Length == 32 ? $"(?<v{varying}>[0-9a-f]{{32}})"
        : $@"(?<v{varying}>\d+)";

    [GeneratedRegex(@"\b(?:[0-9a-f]{32}|\d{4,})\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Varying();

    [GeneratedRegex(
        @"(?<any>…)|(?<blank>\s+)|(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)|(?<age>\b\d+(?:ms|s|m|h|d)\b)"
            + $@"|(?<home>{WrittenHome}\b)|(?<user>\b{WrittenUser}\b)|(?<varying>\b(?:[0-9a-f]{{32}}|\d{{4,}})\b)|(?<word>\w+)|(?<other>.)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex Part();
}
