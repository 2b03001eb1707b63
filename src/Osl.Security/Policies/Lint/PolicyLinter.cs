using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>Looks for rules that never fire, and for rules that allow more than they seem to.</summary>
public sealed class PolicyLinter
{
    // By these a program loads code or configuration that somebody else wrote.
    private static readonly string[] LoaderVariables =
    [
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "LD_AUDIT",
        "DYLD_INSERT_LIBRARIES",
        "GCONV_PATH",
        "BASH_ENV",
        "ENV",
        "PATH",
        "HOME",
        "IFS",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PERL5LIB",
        "PERL5OPT",
        "RUBYOPT",
        "RUBYLIB",
        "NODE_OPTIONS",
        "NODE_PATH",
        "JAVA_TOOL_OPTIONS",
        "CLASSPATH",
        "DOTNET_STARTUP_HOOKS",
        "GIT_SSH_COMMAND",
        "GIT_EXTERNAL_DIFF",
        "GIT_CONFIG_COUNT",
        "GIT_DIR",
        "PAGER",
        "EDITOR",
        "VISUAL",
        "LESSOPEN",
        "SHELLOPTS",
        "PS4",
        "PROMPT_COMMAND",
        "TMPDIR",
        "XDG_CONFIG_HOME",
        "SSH_ASKPASS",
        "MAKEFLAGS",
        "TAR_OPTIONS",
    ];

    private readonly CompiledPolicy _policy;
    private readonly LintSurroundings _surroundings;
    private readonly List<LintFinding> _findings = [];

    private PolicyLinter(CompiledPolicy policy, LintSurroundings surroundings)
    {
        _policy = policy;
        _surroundings = surroundings;
    }

    /// <summary>Every finding, by line, then by rule.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="surroundings">What may be asked about the machine; null for nothing.</param>
    public static IReadOnlyList<LintFinding> Lint(CompiledPolicy policy, LintSurroundings? surroundings = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var linter = new PolicyLinter(policy, surroundings ?? new LintSurroundings());
        foreach (var rule in policy.Rules)
        {
            linter.Rule(rule.Rule);
        }

        linter.Ends();

        return [.. linter._findings.Distinct().OrderBy(finding => finding.Line).ThenBy(finding => finding.Rule, StringComparer.Ordinal)];
    }

    private void Rule(PolicyRule rule)
    {
        LookAlikes(rule);
        Shadows(rule);
        Surroundings(rule);
        if (!rule.Actions.Contains(ProcessActions.Start.Name, StringComparer.Ordinal))
        {
            return;
        }

        if (rule.IsPermit)
        {
            Programs(rule);
            Patterns(rule);
            Environment(rule);
        }
        else if (rule.Arguments is { Any: false } || rule.Executable is { Any: false })
        {
            Add(
                rule,
                "deny-list",
                "what a denying rule lists is walked round by another spelling, a copy of the program, or a wrapper.",
                "Allow what is wanted instead; what is not allowed is denied."
            );
        }
    }

    private void Ends()
    {
        if (new Ending(_policy).Missing() is not [var first, .. var others])
        {
            return;
        }

        var who = first.Principals.Count == 0 ? "" : $"principals: [{string.Join(", ", first.Principals)}], ";
        Add(
            first,
            "never-ends",
            $"nothing may end what this{(others.Length == 0 ? "" : " and others")} allows to start: osl kill-group and signal are judged as process.signal, which is denied.",
            $"Add a rule, such as {{ id: end-own, effect: allow, {who}actions: [process.signal], target: [own-child, own-group] }}."
        );
    }

    private void Programs(PolicyRule rule)
    {
        var arguments = new ArgumentMatcher(rule.Arguments ?? ArgumentPattern.Anything, _policy.Patterns);
        var executable = rule.Executable ?? ExecutableCondition.Anything;
        var isFree = arguments.AcceptsSomewhere("-c") && arguments.AcceptsSomewhere("/tmp/script");
        if (executable.Any || (executable.Under.Count > 0 && executable.Names.Count == 0 && executable.Sha256 is null))
        {
            Add(
                rule,
                "any-program",
                $"it lets any program {(executable.Any ? "" : "below a directory ")}start, shells and interpreters among them.",
                "Name the programs by path."
            );
        }

        if (executable is { Any: false, Paths.Count: 0, Under.Count: 0, Sha256: null })
        {
            Add(rule, "name-only", "it goes by the name alone, which any file anywhere can have.", "State path.");
        }

        foreach (
            var name in executable
                .Names.Concat(executable.Paths.Select(path => PathSegments.LastName(path).ToString()))
                .Distinct(StringComparer.Ordinal)
        )
        {
            if (KnownPrograms.Find(name) is { } known && known.Arguments.FirstOrDefault(arguments.AcceptsSomewhere) is { } accepted)
            {
                Add(
                    rule,
                    known.Code,
                    $"{name} {known.Does}, and the arguments let '{accepted}' through.",
                    "List the arguments that are wanted, each as a text, oneOf or a narrow pattern."
                );
            }
            else if (isFree)
            {
                Add(
                    rule,
                    "free-arguments",
                    $"{name} may be given any arguments, options among them.",
                    "List the arguments that are wanted."
                );
            }
        }
    }

    private void Patterns(PolicyRule rule)
    {
        foreach (var element in rule.Arguments?.Elements ?? default)
        {
            if (element.Kind != ArgumentKind.Pattern)
            {
                continue;
            }

            var pattern = _policy.Patterns.TryCompile(element.Values[0], out _)!;
            var start = LiteralStart(element.Values[0]);
            bool Lets(params ReadOnlySpan<string> texts)
            {
                foreach (var text in texts)
                {
                    if (pattern.IsMatch(text) || pattern.IsMatch(start + text))
                    {
                        return true;
                    }
                }

                return false;
            }

            var loose =
                Lets("a\nb") ? "a line break"
                : Lets("a/../b", "../b", "/a/../b", "..") ? "'..', which leads out of a directory"
                : pattern.IsMatch("-x") && pattern.IsMatch("x") ? "options where a value is meant"
                : Lets("a b") ? "blanks, which a program that splits its arguments takes for several"
                : Lets("\u0430\u0430", "\u0661", "a\u0430") ? "letters or digits that only look like the ones that are meant"
                : null;
            if (loose is not null)
            {
                Add(
                    rule,
                    "loose-pattern",
                    $"the pattern '{element.Values[0]}' lets {loose} through.",
                    "Name the characters: [a-z0-9][a-z0-9-]*, not '.', \\w or a negated class."
                );
            }
        }
    }

    // What every match begins with, as far as that is plain to see: '/srv/' of '/srv/[a-z]+'. The last letter may be quantified.
    private static string LiteralStart(string pattern)
    {
        var end = 0;
        while (end < pattern.Length && (char.IsAsciiLetterOrDigit(pattern[end]) || pattern[end] is '/' or ':' or '-' or '_' or '='))
        {
            end++;
        }

        return end < pattern.Length && pattern[end] is ('*' or '+' or '?' or '{') ? pattern[..Math.Max(0, end - 1)] : pattern[..end];
    }

    private void Environment(PolicyRule rule)
    {
        if (rule.Environment is not { } condition)
        {
            // Only the safe ones are let through.
            return;
        }

        var let = condition.Any
            ? "every variable"
            : LoaderVariables.FirstOrDefault(name =>
                NamePatterns.AnyMatches(condition.Allow.AsSpan(), name) && !NamePatterns.AnyMatches(condition.Deny.AsSpan(), name)
            );
        if (let is not null)
        {
            Add(
                rule,
                "environment-free",
                $"it lets {let} through, by which a program loads code that somebody else wrote.",
                "Allow the variables that the program needs, by their names."
            );
        }
    }

    private void LookAlikes(PolicyRule rule)
    {
        var texts = rule
            .Principals.Concat(rule.Executable?.Paths ?? default)
            .Concat(rule.Executable?.Under ?? default)
            .Concat(rule.Executable?.Names ?? default)
            .Concat(rule.WorkingDirectory?.Is ?? default)
            .Concat(rule.WorkingDirectory?.Under ?? default)
            .Concat(
                rule.Arguments?.Elements.Where(element => element.Kind != ArgumentKind.Pattern).SelectMany(element => element.Values) ?? []
            );
        foreach (var text in texts)
        {
            if (LookAlike.FirstIn(text) is { } rune)
            {
                Add(
                    rule,
                    "look-alike",
                    $"'{text}' has U+{rune.Value:X4} in it, which looks like another character or like none.",
                    "Type the text again, if that is not meant."
                );
            }
        }
    }

    private void Shadows(PolicyRule rule)
    {
        if (
            _policy
                .Rules.Select(other => other.Rule)
                .FirstOrDefault(other => !ReferenceEquals(other, rule) && Coverage.Shadows(other, rule)) is
            { } other
        )
        {
            Add(
                rule,
                "shadowed",
                $"it never decides: wherever it speaks, '{other.Id}' speaks too and {(other.Effect == rule.Effect ? "says the same" : "is stricter")}.",
                "Remove it, or narrow the other."
            );
        }

        if (
            rule.Environment is { } environment
            && environment.Allow.FirstOrDefault(name => NamePatterns.AnyMatches(environment.Deny.AsSpan(), name)) is { } denied
        )
        {
            Add(
                rule,
                "never-fires",
                $"it allows the variable '{denied}' and denies it as well, so that it is never admitted.",
                "Remove one of the two."
            );
        }
    }

    private void Surroundings(PolicyRule rule)
    {
        foreach (var path in rule.Executable?.Paths ?? default)
        {
            if (_surroundings.RealPath is { } realPath)
            {
                var real = realPath(path);
                if (real is null)
                {
                    Add(rule, "missing-path", $"there is nothing at {path}, so it never fires here.", "Correct the path.");
                    continue;
                }

                if (!PathSegments.AreEqual(real, path) && rule.IsPermit)
                {
                    Add(
                        rule,
                        "link-path",
                        $"{path} leads to {real}, and real paths are compared, so it never fires.",
                        $"Write path: {real}, name: {PathSegments.LastName(path)}."
                    );
                }
            }

            Trust(rule, path);
        }

        foreach (var directory in rule.Executable?.Under ?? default)
        {
            Trust(rule, directory);
        }
    }

    private void Trust(PolicyRule rule, string path)
    {
        if (rule.IsPermit && _surroundings.WhyNotTrusted?.Invoke(path) is { } why)
        {
            Add(
                rule,
                "writable-path",
                $"others may put another program at {path}: {why}.",
                "Take away their right to write, or name a program elsewhere."
            );
        }
    }

    private void Add(PolicyRule rule, string code, string why, string how) =>
        _findings.Add(new LintFinding(code, rule.Id, _policy.LineOf(rule.Id), why, how));
}
