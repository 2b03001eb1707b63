using System.Globalization;
using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>Something in a policy that loads and probably does not mean what it seems to.</summary>
/// <param name="Code">A stable name for the kind of finding: <c>shell</c>, <c>shadowed</c>, …</param>
/// <param name="Rule">The rule.</param>
/// <param name="Line">Its line in the file; 0 without one.</param>
/// <param name="Why">What is wrong with it; one sentence.</param>
/// <param name="How">How to mend it; one sentence.</param>
public sealed record LintFinding(string Code, string Rule, int Line, string Why, string How)
{
    /// <summary>One line, safe to show.</summary>
    public override string ToString() =>
        DisplayText.Escape(
            $"{(Line == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"line {Line}: "))}{Rule}: {Code}: {Why} {How}"
        );
}

/// <summary>What lint may ask about the machine that a policy is for. What is null is not looked at.</summary>
public sealed record LintSurroundings
{
    /// <summary>Why a path is not trusted (knowledge/trusted-paths.md); null when it is.</summary>
    public Func<string, string?>? WhyNotTrusted { get; init; }

    /// <summary>The real path, links followed; null when nothing is there.</summary>
    public Func<string, string?>? RealPath { get; init; }
}
