using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>Whether a command line, program first, is what a rule speaks of, by its executable and arguments.</summary>
internal static class RuleExamples
{
    internal static bool IsMatch(PolicyRule rule, ValueList<string> example, PatternTable patterns) =>
        (rule.Executable is null or { Any: true } || IsProgram(rule.Executable, example[0]))
        && (rule.Arguments is null || new ArgumentMatcher(rule.Arguments, patterns).IsMatch(example.Skip(1)));

    // A bare name stands for the program that is found by it.
    private static bool IsProgram(ExecutableCondition condition, string program)
    {
        var isBare = PathSegments.LastName(program).Length == program.Length;
        var name = PathSegments.LastName(program).ToString();
        var isNamed =
            condition.Names.Count > 0
                ? condition.Names.Contains(name, PathSegments.Comparer)
                : !isBare
                    || condition.Under.Count > 0
                    || condition.Paths.Count == 0
                    || condition.Paths.Any(path => PathSegments.LastName(path).Equals(name, PathSegments.Comparison));
        var isThere =
            isBare
            || (condition.Paths.Count == 0 && condition.Under.Count == 0)
            || condition.Paths.Any(path => PathSegments.AreEqual(program, path))
            || condition.Under.Any(directory => PathSegments.IsUnder(program, directory));
        return isNamed && isThere;
    }
}
