namespace Osl.Security.Policies;

/// <summary>
/// Compares paths segment by segment, without allocating. Nothing is normalised: what is not canonical (relative, with <c>.</c>,
/// <c>..</c> or empty segments) is neither equal to nor below anything. Look-alike letters are just different letters.
/// </summary>
/// <remarks>
/// On Windows only what the system itself says of a file is canonical: a drive, and <c>\</c> between names. A rule with <c>/</c>, with a
/// stream, or with dots and spaces at the end of a name would speak of no file at all, and one that denies would deny nothing.
/// </remarks>
internal static class PathSegments
{
    /// <summary>How paths and names compare: as the platform's own file systems usually do.</summary>
    internal static StringComparison Comparison { get; } =
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    internal static StringComparer Comparer { get; } = StringComparer.FromComparison(Comparison);

    /// <summary>What <see cref="IsCanonical"/> asks for, in words.</summary>
    internal static string Canonical { get; } =
        "an absolute path without '.', '..', double or trailing separators"
        + (OperatingSystem.IsWindows() ? @", on a drive, with '\' between names that have no ':' and end in neither dot nor space" : "");

    /// <summary>Whether a path is absolute and has only names for segments; a separator at the end is allowed for a root only.</summary>
    internal static bool IsCanonical(ReadOnlySpan<char> path)
    {
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0') || (OperatingSystem.IsWindows() && !IsOnDrive(path)))
        {
            return false;
        }

        var rest = path[Path.GetPathRoot(path).Length..];
        while (rest.Length > 0)
        {
            var end = IndexOfSeparator(rest);
            var segment = end < 0 ? rest : rest[..end];
            if (segment.Length == 0 || segment is "." || segment is ".." || end == rest.Length - 1 || IsReadAsAnother(segment))
            {
                return false;
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return true;
    }

    internal static bool AreEqual(ReadOnlySpan<char> path, ReadOnlySpan<char> other) => path.Equals(other, Comparison) && IsCanonical(path);

    /// <summary>Whether a path is a directory or below it.</summary>
    internal static bool IsUnder(ReadOnlySpan<char> path, ReadOnlySpan<char> directory) =>
        path.StartsWith(directory, Comparison)
        && (path.Length == directory.Length || IsSeparator(directory[^1]) || IsSeparator(path[directory.Length]))
        && IsCanonical(path);

    /// <summary>The last segment; the whole text when it has no separator.</summary>
    internal static ReadOnlySpan<char> LastName(ReadOnlySpan<char> path)
    {
        var at = OperatingSystem.IsWindows() ? path.LastIndexOfAny('/', '\\') : path.LastIndexOf('/');
        return path[(at + 1)..];
    }

    private static bool IsOnDrive(ReadOnlySpan<char> path) =>
        path is [var drive, ':', '\\', ..] && char.IsAsciiLetter(drive) && !path.Contains('/');

    private static bool IsReadAsAnother(ReadOnlySpan<char> name) =>
        OperatingSystem.IsWindows() && (name[^1] is '.' or ' ' || name.Contains(':'));

    private static int IndexOfSeparator(ReadOnlySpan<char> text) =>
        OperatingSystem.IsWindows() ? text.IndexOfAny('/', '\\') : text.IndexOf('/');

    private static bool IsSeparator(char unit) => unit == '/' || (unit == '\\' && OperatingSystem.IsWindows());
}
