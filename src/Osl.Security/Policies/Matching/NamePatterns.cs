namespace Osl.Security.Policies;

/// <summary>Names of variables: exact, or beginning as said before a <c>*</c> at the end.</summary>
internal static class NamePatterns
{
    // The platform's own comparison: on Windows 'Path' and 'PATH' are one variable.
    internal static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*')
            ? name.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), PathSegments.Comparison)
            : string.Equals(pattern, name, PathSegments.Comparison);

    internal static bool AnyMatches(ReadOnlySpan<string> patterns, string name)
    {
        foreach (var pattern in patterns)
        {
            if (Matches(pattern, name))
            {
                return true;
            }
        }

        return false;
    }
}
