using System.Text.RegularExpressions;

namespace Osl.Security.Policies;

/// <summary>The compiled patterns of one policy: each text once, and no more of them than can be compiled in a few seconds.</summary>
internal sealed class PatternTable
{
    /// <summary>How much the patterns of one policy may weigh together. The heaviest that fit took 3 s of a core to compile.</summary>
    internal const int MostWeight = 500_000;

    /// <summary>As many different characters cost next to nothing.</summary>
    private const int FreeSets = 32;

    private const int WeightOfCategory = 4;

    private readonly Dictionary<string, Regex> _compiled = new(StringComparer.Ordinal);
    private int _weight;

    /// <summary>How often one was compiled, or tried to.</summary>
    internal int Compilations { get; private set; }

    /// <summary>Whether there were more than could be compiled. Nothing more is compiled then.</summary>
    internal bool IsOver => _weight > MostWeight;

    /// <summary>A pattern, compiled now if it has not been; null with the reason when it can't be.</summary>
    internal Regex? TryCompile(string expression, out string problem)
    {
        problem = "";
        if (_compiled.TryGetValue(expression, out var known))
        {
            return known;
        }

        if (expression.Length <= LinearPattern.MostCharacters && !IsOver)
        {
            _weight += Weigh(expression);
            if (IsOver)
            {
                problem = "the patterns of this policy are too much together: this one and those before it would take too long to compile";
                return null;
            }
        }

        Compilations++;
        var pattern = LinearPattern.TryCompile(expression, out problem);
        if (pattern is not null)
        {
            _compiled.Add(expression, pattern);
        }

        return pattern;
    }

    /// <summary>
    /// What it costs to compile, at about 5 µs each: linear in the length, and in the square of how many sets of characters have to be told
    /// apart. The sets are counted from above: different characters, classes, and categories (\p), which are sets of many ranges.
    /// Measured with .NET 10 in knowledge/policy-format.md.
    /// </summary>
    internal static int Weigh(string expression)
    {
        var sets = expression.Distinct().Count() + expression.Count(character => character == '[');
        for (var at = expression.IndexOf('\\', StringComparison.Ordinal); at >= 0 && at + 1 < expression.Length; )
        {
            sets += expression[at + 1] is 'p' or 'P' ? WeightOfCategory : 0;
            at = expression.IndexOf('\\', at + 2);
        }

        var beyond = Math.Max(0, sets - FreeSets);
        return expression.Length + (beyond * beyond);
    }
}
