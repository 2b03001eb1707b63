using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>What one rule has to be.</summary>
internal sealed class RuleValidator(PolicyRule rule, string at, PolicyValidator.Problems problems, PatternTable patterns)
{
    private static readonly string[] Known =
    [
        ProcessActions.Start.Name,
        ProcessActions.Signal.Name,
        ProcessActions.Attach.Name,
        ProcessActions.Inspect.Name,
    ];

    internal void Check()
    {
        var before = problems.Count;
        Actions();
        problems.Texts(
            $"{at}.principals",
            rule.Principals,
            text => text.Length > 0 && text is not "role:" && !text.Any(char.IsControl),
            "a name, or role:NAME"
        );
        Executable();
        Arguments();
        Directories($"{at}.workingDirectory", rule.WorkingDirectory);
        Directories($"{at}.paths", rule.Paths);
        Environment();
        RunAs();
        Restrictions();
        if (rule.Because is { } because && !PolicyValidator.Problems.IsText(because))
        {
            problems.Add($"{at}.because", "the text is ill-formed", "a sentence");
        }

        // Without their patterns they can't be looked at; it is refused by then.
        if (problems.Count == before && !patterns.IsOver)
        {
            Examples();
        }
    }

    private bool OnlyStarts =>
        rule.Actions.Count > 0 && rule.Actions.All(action => string.Equals(action, ProcessActions.Start.Name, StringComparison.Ordinal));

    private void Actions()
    {
        if (rule.Actions.Count == 0)
        {
            problems.Add(at, "the rule names no action", "actions, such as [process.start]");
        }

        for (var i = 0; i < rule.Actions.Count; i++)
        {
            var action = rule.Actions[i];
            var where = PolicyValidator.Problems.Item($"{at}.actions", i);
            var isGlob = action is "*" || action.EndsWith(".*", StringComparison.Ordinal);
            if (isGlob && rule.Effect == PolicyEffect.Allow)
            {
                problems.Add(
                    where,
                    "an allowing rule can't name actions by '*'",
                    "each action by its name (adr/0011-actions-not-types.md)"
                );
            }
            else if (!isGlob && action.StartsWith("process.", StringComparison.Ordinal) && !Known.Contains(action, StringComparer.Ordinal))
            {
                problems.Add(where, $"there is no action '{action}'", $"one of {string.Join(", ", Known)}");
            }
            else if (
                action.Length == 0
                || !(isGlob ? action[..^1] : action).All(unit =>
                    char.IsAsciiLetterLower(unit) || char.IsAsciiDigit(unit) || unit is '.' or '-'
                )
            )
            {
                problems.Add(where, $"'{action}' can't be an action", "lower-case words with dots and hyphens");
            }
        }
    }

    private void Executable()
    {
        if (rule.Executable is not { } condition)
        {
            if (MustSay)
            {
                problems.Add(at, "the rule permits starts and does not say of which program", "executable (any for all of them)");
            }

            return;
        }

        OnlyFor("executable");
        var isEmpty = condition is { Paths.Count: 0, Under.Count: 0, Names.Count: 0, Sha256: null };
        if (condition.Any != isEmpty)
        {
            problems.Add($"{at}.executable", "it names no program, or any and some", "path, under, name or sha256; or any alone");
        }

        problems.Paths($"{at}.executable.path", condition.Paths);
        problems.Paths($"{at}.executable.under", condition.Under);
        problems.Texts(
            $"{at}.executable.name",
            condition.Names,
            name => name.Length > 0 && PathSegments.LastName(name).Length == name.Length && name is not ("." or ".."),
            "a name without a directory"
        );
        if (condition.Sha256 is { } digest && (digest.Length != 64 || !digest.All(char.IsAsciiHexDigitLower)))
        {
            problems.Add($"{at}.executable.sha256", "it is no SHA-256", "64 hexadecimal digits in lower case");
        }
    }

    private void Arguments()
    {
        if (rule.Arguments is not { } pattern)
        {
            if (MustSay)
            {
                problems.Add(at, "the rule permits starts and says nothing of arguments", "arguments ([] for none, any for all of them)");
            }

            return;
        }

        OnlyFor("arguments");
        if (pattern.Elements.Count > ArgumentMatcher.MostElements || (pattern.Any && pattern.Elements.Count > 0))
        {
            problems.Add($"{at}.arguments", "there are too many elements", $"at most {ArgumentMatcher.MostElements}, or any alone");
            return;
        }

        for (var i = 0; i < pattern.Elements.Count; i++)
        {
            Element(pattern.Elements[i], PolicyValidator.Problems.Item($"{at}.arguments", i), isLast: i == pattern.Elements.Count - 1);
        }
    }

    private void Element(ArgumentElement element, string where, bool isLast)
    {
        var count = element.Values.Count;
        if (
            element.Kind switch
            {
                ArgumentKind.Any => count != 0,
                ArgumentKind.OneOf => count == 0,
                _ => count != 1,
            }
        )
        {
            problems.Add(where, "the element has the wrong number of values", "one text; for oneOf at least one; for any none");
            return;
        }

        if (element is { Kind: ArgumentKind.Literal, Count: ArgumentCount.Rest })
        {
            problems.Add(where, "a rest can't be a literal, which the file could not tell from a pattern", "oneOf with the one text");
        }

        if (element.Count == ArgumentCount.Rest && !isLast)
        {
            problems.Add(where, "something follows the rest", "rest as the last element");
        }

        problems.Texts(where, element.Values, _ => true, "text without NUL");
        if (element.Kind == ArgumentKind.Pattern && !patterns.IsOver && patterns.TryCompile(element.Values[0], out var problem) is null)
        {
            problems.Add(
                where,
                problem,
                patterns.IsOver
                    ? "fewer or shorter patterns, each of few different characters and classes; oneOf for a list of words"
                    : "a regular expression that matches in linear time"
            );
        }
    }

    private void Directories(string where, PathCondition? condition)
    {
        if (condition is null)
        {
            return;
        }

        if (where.EndsWith("workingDirectory", StringComparison.Ordinal))
        {
            OnlyFor("workingDirectory");
        }

        if (condition.Any != (condition.Is.Count + condition.Under.Count == 0))
        {
            problems.Add(where, "it names no path, or any and some", "is or under; or any alone");
        }

        problems.Paths($"{where}.is", condition.Is);
        problems.Paths($"{where}.under", condition.Under);
    }

    private void Environment()
    {
        if (rule.Environment is not { } condition)
        {
            return;
        }

        OnlyFor("environment");
        if (!condition.Any && condition is { Allow.Count: 0, Deny.Count: 0, Has.Count: 0 })
        {
            problems.Add($"{at}.environment", "it says nothing", "allow, deny or has; or any");
        }

        if (condition.Any && (condition.Allow.Count > 0 || condition.Deny.Count > 0))
        {
            problems.Add($"{at}.environment", "any admits everything already", "any without allow and deny");
        }

        if (!rule.IsPermit && (condition.Any || condition.Allow.Count > 0 || condition.Deny.Count > 0))
        {
            problems.Add($"{at}.environment", "a denying rule admits nothing", "has, with the names that it is about");
        }

        foreach (var (key, names) in new[] { ("allow", condition.Allow), ("deny", condition.Deny), ("has", condition.Has) })
        {
            problems.Texts(
                $"{at}.environment.{key}",
                names,
                name =>
                    name.Length > 0 && !name.Contains('=', StringComparison.Ordinal) && !name[..^1].Contains('*', StringComparison.Ordinal),
                "the name of a variable, with '*' at its end only"
            );
        }
    }

    private void RunAs()
    {
        if (rule.RunAs is not { } runAs)
        {
            return;
        }

        OnlyFor("runAs");
        if (runAs.Users.Count == 0)
        {
            problems.Add($"{at}.runAs", "it names nobody", "users");
        }

        problems.Texts($"{at}.runAs.users", runAs.Users, text => text.Length > 0, "a name or a uid");
        problems.Texts($"{at}.runAs.groups", runAs.Groups, text => text.Length > 0, "a name or a gid");
    }

    private void Restrictions()
    {
        foreach (
            var (key, isSet) in new[]
            {
                ("limits", rule.Limits is not null),
                ("containment", rule.Containment != Containment.None),
                ("sandbox", rule.Sandbox is not null),
                ("require", rule.Require is not null),
            }
        )
        {
            if (isSet && !rule.IsPermit)
            {
                problems.Add($"{at}.{key}", $"a denying rule can't bound what it denies by {key}", $"no {key}");
            }
        }

        if (rule.Limits is { } limits)
        {
            OnlyFor("limits");
            if (limits == new ResourceLimits())
            {
                problems.Add($"{at}.limits", "it limits nothing", "at least one limit");
            }

            if (
                limits.MemoryBytes < 0
                || limits.CpuTime < TimeSpan.Zero
                || limits.CpuMillis < 0
                || limits.Processes < 0
                || limits.OpenFiles < 0
                || limits.FileSizeBytes < 0
                || limits.CoreDumpBytes < 0
                || limits.CpuTime?.Ticks % TimeSpan.TicksPerMillisecond > 0
            )
            {
                problems.Add($"{at}.limits", "a limit is below zero, or a time has parts of milliseconds", "whole numbers, 0 or more");
            }
        }

        if (rule.Containment != Containment.None)
        {
            OnlyFor("containment");
        }

        if (rule.Sandbox is { } sandbox)
        {
            Sandbox(sandbox);
        }

        if (rule.Require is { } require)
        {
            if (require == new Requirement())
            {
                problems.Add($"{at}.require", "it requires nothing", "at least one requirement");
            }

            if (require.MaxTimeout is { } most && (most <= TimeSpan.Zero || most.Ticks % TimeSpan.TicksPerMillisecond > 0))
            {
                problems.Add($"{at}.require.maxTimeout", "it is no time", "whole milliseconds, more than 0");
            }

            if (require != new Requirement { Reason = require.Reason })
            {
                OnlyFor("require");
            }
        }
    }

    private void Sandbox(SandboxCondition sandbox)
    {
        OnlyFor("sandbox");
        if (sandbox == new SandboxCondition())
        {
            problems.Add($"{at}.sandbox", "it asks nothing of the sandbox", "read, write, execute or refuse");
        }

        problems.Paths($"{at}.sandbox.read", sandbox.Read);
        problems.Paths($"{at}.sandbox.write", sandbox.Write);
        problems.Paths($"{at}.sandbox.execute", sandbox.Execute);
        problems.Texts(
            $"{at}.sandbox.refuse",
            sandbox.Refuse,
            text => SystemCallClasses.All.Contains(text, StringComparer.Ordinal),
            $"one of {string.Join(", ", SystemCallClasses.All)}"
        );
    }

    // A condition that can't be looked at for one of the actions would never hold there: a denial that never fires.
    private void OnlyFor(string key)
    {
        if (!OnlyStarts)
        {
            problems.Add($"{at}.{key}", $"{key} means something for process.start only", "a rule of its own for the other actions");
        }
    }

    // What is permitted is stated. A rule for several actions at once, which can't allow, may ask for an approval of every start.
    private bool MustSay =>
        rule.IsPermit
        && rule.Actions.Contains(ProcessActions.Start.Name, StringComparer.Ordinal)
        && (rule.Effect == PolicyEffect.Allow || OnlyStarts);

    private void Examples()
    {
        foreach (var (key, examples, isMatch) in new[] { ("matches", rule.Matches, true), ("notMatches", rule.NotMatches, false) })
        {
            for (var i = 0; i < examples.Count; i++)
            {
                var where = PolicyValidator.Problems.Item($"{at}.{key}", i);
                if (examples[i].Count == 0)
                {
                    problems.Add(where, "the example is empty", "the program, then its arguments");
                }
                else if (RuleExamples.IsMatch(rule, examples[i], patterns) != isMatch)
                {
                    problems.Add(
                        where,
                        $"the example [{string.Join(", ", examples[i])}] {(isMatch ? "does not match" : "matches")}",
                        isMatch ? "a rule that it matches" : "a rule that it does not match"
                    );
                }
            }
        }
    }
}
