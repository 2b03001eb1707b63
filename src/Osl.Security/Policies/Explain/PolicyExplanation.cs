using System.Globalization;
using Osl.Operations;
using Osl.Operations.Policies;

namespace Osl.Security.Policies;

/// <summary>A rule that spoke of an operation.</summary>
/// <param name="Rule">Its id.</param>
/// <param name="Line">Its line in the file; 0 without one.</param>
/// <param name="Effect">What it said.</param>
/// <param name="Because">Why.</param>
public sealed record RuleMatch(string Rule, int Line, PolicyEffect Effect, string Because);

/// <summary>A rule that did not.</summary>
/// <param name="Rule">Its id.</param>
/// <param name="Line">Its line in the file; 0 without one.</param>
/// <param name="Effect">What it would have said.</param>
/// <param name="Condition">The first condition that failed, by the key that states it.</param>
/// <param name="Expected">What the rule wants.</param>
/// <param name="Found">What there is; secrets masked.</param>
public sealed record NearMiss(string Rule, int Line, PolicyEffect Effect, string Condition, string Expected, string Found)
{
    /// <summary>How far it got, for the order: the number of conditions that were passed, then the arguments that were matched.</summary>
    internal (int Conditions, int Arguments) Reached { get; init; }
}

/// <summary>Why a policy decides as it does, where several lie over one another.</summary>
/// <param name="Decision">What <see cref="IPolicy.Decide"/> says to the same question.</param>
/// <param name="PolicyHash">Which policy: all its layers.</param>
public sealed record LayeredExplanation(PolicyDecision Decision, string PolicyHash)
{
    /// <summary>The base, then what was added; each decides for itself, and the strictest answer wins.</summary>
    public ValueList<PolicyExplanation> Layers { get; init; }
}

/// <summary>Why a policy decides as it does.</summary>
/// <param name="Decision">What <see cref="IPolicy.Decide"/> says to the same question.</param>
/// <param name="PolicyHash">Which policy.</param>
public sealed record PolicyExplanation(PolicyDecision Decision, string PolicyHash)
{
    /// <summary>Every rule that spoke of it, the strictest first.</summary>
    public ValueList<RuleMatch> Matched { get; init; }

    /// <summary>The rules that did not, the nearest first. Rules for other actions are left out.</summary>
    public ValueList<NearMiss> NearMisses { get; init; }

    /// <summary>Some lines of text, safe to show.</summary>
    public override string ToString()
    {
        List<string> lines =
        [
            $"{Keywords.Of(Keywords.Effects, Decision.Effect)}, by rule '{Decision.Rule}': {Decision.Because}",
            .. Matched.Select(match =>
                $"  matched  {match.Rule}{Line(match.Line)}: {Keywords.Of(Keywords.Effects, match.Effect)}, {match.Because}"
            ),
            .. NearMisses.Select(miss =>
                $"  missed   {miss.Rule}{Line(miss.Line)}: {miss.Condition} wants {miss.Expected}; there is {miss.Found}"
            ),
            $"  policy   {PolicyHash}",
        ];
        return string.Join('\n', lines.Select(line => DisplayText.Escape(line)));
    }

    private static string Line(int line) => line == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (line {line})");
}
