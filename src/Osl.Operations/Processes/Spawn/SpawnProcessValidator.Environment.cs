namespace Osl.Operations.Processes;

internal sealed partial class SpawnProcessValidator
{
    /// <summary>Up to so many names are compared with each other; beyond, a set is made.</summary>
    private const int FewNames = 16;

    /// <remarks>
    /// Names are shown only when they are sound: whoever passes <c>PASSWORD=x</c> as a name must not find it in a message. They are
    /// compared exactly, as Linux does; the Windows executor refuses names that differ in case only.
    /// </remarks>
    private static void CheckEnvironment(EnvironmentConfig environment, ref ShapeFailures failures)
    {
        const string Set = nameof(SpawnProcessOperation.Environment) + "." + nameof(EnvironmentConfig.Set);
        const string Unset = nameof(SpawnProcessOperation.Environment) + "." + nameof(EnvironmentConfig.Unset);
        var variables = environment.Set;
        for (var index = 0; index < variables.Count; index++)
        {
            if (variables[index] is not { } variable)
            {
                failures.Add(Set, index, "is missing");
                continue;
            }

            CheckName(Set, index, variable.Name, ref failures);
            if (variable.Value is null)
            {
                failures.Add(Set, index, "has no value");
            }
            else if (ShapeFailures.CharacterFlaw(variable.Value) is { } flaw)
            {
                failures.Add(Set, index, $"has a value that {flaw}");
            }
        }

        for (var index = 0; index < environment.Unset.Count; index++)
        {
            CheckName(Unset, index, environment.Unset[index], ref failures);
        }

        if (variables.Count + environment.Unset.Count > 1)
        {
            CheckRepeated(environment, Set, Unset, ref failures);
        }
    }

    private static void CheckName(string list, int index, string? name, ref ShapeFailures failures)
    {
        if (NameFlaw(name) is { } flaw)
        {
            failures.Add(list, index, flaw);
        }
        else if (string.Equals(name, OperationId.MarkerVariable, StringComparison.OrdinalIgnoreCase))
        {
            failures.Add(list, index, $"is {OperationId.MarkerVariable}, which Osl alone sets: by it, it knows what it started");
        }
    }

    private static string? NameFlaw(string? name) =>
        ShapeFailures.TextFlaw(name, LongestPath) is { } flaw ? $"has a name that {flaw}"
        : name!.Contains('=', StringComparison.Ordinal) ? "has a name that holds '='"
        // Whoever reads an environment by lines would take the rest for another variable.
        : name.Any(char.IsControl) ? "has a name that holds control characters"
        : null;

    private static void CheckRepeated(EnvironmentConfig environment, string set, string unset, ref ShapeFailures failures)
    {
        var variables = environment.Set;
        var total = variables.Count + environment.Unset.Count;
        var seen = total > FewNames ? new HashSet<string>(total, StringComparer.Ordinal) : null;
        for (var index = 0; index < variables.Count; index++)
        {
            var name = variables[index]?.Name;
            if (NameFlaw(name) is null && IsRepeated(variables, index, name!, seen))
            {
                failures.Add(set, index, $"sets {DisplayText.Escape(name, LongestName)} a second time");
            }
        }

        for (var index = 0; index < environment.Unset.Count; index++)
        {
            var name = environment.Unset[index];
            if (NameFlaw(name) is null && (seen?.Contains(name) ?? IsRepeated(variables, variables.Count, name, seen: null)))
            {
                failures.Add(unset, index, $"unsets {DisplayText.Escape(name, LongestName)}, which is also set");
            }
        }
    }

    private static bool IsRepeated(ValueList<EnvironmentVariable> variables, int before, string name, HashSet<string>? seen)
    {
        if (seen is not null)
        {
            return !seen.Add(name);
        }

        for (var index = 0; index < before; index++)
        {
            if (string.Equals(variables[index]?.Name, name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
