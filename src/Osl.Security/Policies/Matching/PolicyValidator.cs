using System.Globalization;
using System.Text;
using Osl.Operations;
using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>What a policy has to be, wherever it comes from. Without I/O.</summary>
internal static class PolicyValidator
{
    internal const int MostRules = 10_000;

    internal static IReadOnlyList<PolicyProblem> Check(PolicyDocument document, PatternTable patterns)
    {
        var problems = new Problems();
        problems.Paths("securePath", document.SecurePath);
        if (document.Rules.Count > MostRules)
        {
            problems.Add("rules", $"there are {document.Rules.Count} rules", $"at most {MostRules}");
            return problems.All;
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < document.Rules.Count; i++)
        {
            var rule = document.Rules[i];
            var at = string.Create(CultureInfo.InvariantCulture, $"rules[{i}]");
            if (!IsId(rule.Id))
            {
                problems.Add($"{at}.id", $"'{rule.Id}' can't be the id of a rule", "1 to 100 letters and digits of ASCII, '.', '_', '-'");
            }
            else if (!ids.Add(rule.Id))
            {
                problems.Add($"{at}.id", $"another rule has the id '{rule.Id}'", "an id of its own");
            }

            new RuleValidator(rule, at, problems, patterns).Check();
        }

        return problems.All;
    }

    private static bool IsId(string id) =>
        id.Length is > 0 and <= 100 && id.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '.' or '_' or '-');

    /// <summary>Collects.</summary>
    internal sealed class Problems
    {
        private readonly List<PolicyProblem> _all = [];

        internal IReadOnlyList<PolicyProblem> All => _all;

        internal int Count => _all.Count;

        internal void Add(string where, string message, string expected) =>
            _all.Add(new PolicyProblem(message, expected) { Where = where });

        internal void Paths(string where, ValueList<string> paths)
        {
            for (var i = 0; i < paths.Count; i++)
            {
                if (!IsText(paths[i]) || !PathSegments.IsCanonical(paths[i]))
                {
                    Add(Item(where, i), $"'{paths[i]}' is no canonical path", PathSegments.Canonical);
                }
            }
        }

        internal void Texts(string where, ValueList<string> texts, Func<string, bool> isGood, string expected)
        {
            for (var i = 0; i < texts.Count; i++)
            {
                if (!IsText(texts[i]) || !isGood(texts[i]))
                {
                    Add(Item(where, i), $"'{texts[i]}' can't be used here", expected);
                }
            }
        }

        internal static string Item(string where, int index) => string.Create(CultureInfo.InvariantCulture, $"{where}[{index}]");

        // Well-formed UTF-16 without NUL: what can be written to a file and given to a program.
        internal static bool IsText(string? text) =>
            text is not null
            && !text.Contains('\0', StringComparison.Ordinal)
            && Encoding.Unicode.GetByteCount(text) == text.Length * 2
            && IsWellFormed(text);

        private static bool IsWellFormed(string text)
        {
            for (var i = 0; i < text.Length; i++)
            {
                if (char.IsSurrogate(text[i]) && (!char.IsHighSurrogate(text[i]) || ++i == text.Length || !char.IsLowSurrogate(text[i])))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
