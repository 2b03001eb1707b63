using System.Text.RegularExpressions;

namespace Osl.Security.Policies;

/// <summary>A regular expression that matches a whole text in time linear in its length.</summary>
internal static class LinearPattern
{
    internal const int MostCharacters = 1000;

    /// <summary>Compiles it as <c>\A(?:…)\z</c>; null with the reason when it can't be.</summary>
    internal static Regex? TryCompile(string expression, out string problem)
    {
        problem = "";
        if (expression.Length > MostCharacters)
        {
            problem = $"the pattern is longer than {MostCharacters} characters";
            return null;
        }

        try
        {
            // By itself first: 'a)|(b' makes sense only inside the brackets that are put around it, where it would leave the anchors. To be
            // read it need not be made into an automaton, which is what costs.
            _ = new Regex(expression, RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout);
            return new Regex(
                $@"\A(?:{expression})\z",
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant,
                Regex.InfiniteMatchTimeout
            );
        }
        catch (RegexParseException e)
        {
            problem = $"the pattern is malformed ({e.Error} at {e.Offset})";
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            problem = "the pattern can't be matched in linear time: look-around, back-references, atomic groups and large counts can't";
        }

        return null;
    }
}
