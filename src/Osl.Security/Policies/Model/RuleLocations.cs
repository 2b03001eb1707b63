namespace Osl.Security.Policies;

/// <summary>Where in a file each part of a policy stands, by its path in the document (<c>rules[2].executable.path[0]</c>).</summary>
internal sealed class RuleLocations(string file, IReadOnlyDictionary<string, (int Line, int Column)> places)
{
    /// <summary>For a policy that was built in C#.</summary>
    internal static RuleLocations None { get; } = new("", new Dictionary<string, (int, int)>(StringComparer.Ordinal));

    internal string File => file;

    /// <summary>The place of a part, or of the nearest part around it that has one; 0, 0 where there is no file.</summary>
    internal (int Line, int Column) Find(string where)
    {
        for (var path = where; ; path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))])
        {
            if (places.TryGetValue(path, out var place))
            {
                return place;
            }

            if (path.Length == 0)
            {
                return (0, 0);
            }
        }
    }

    internal PolicyProblem Locate(PolicyProblem problem)
    {
        var (line, column) = Find(problem.Where);
        return problem with { File = file, Line = line, Column = column };
    }
}
