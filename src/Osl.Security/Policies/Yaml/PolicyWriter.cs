using System.Globalization;
using System.Text;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>Writes a policy as a file that reads back as the same policy.</summary>
public static class PolicyWriter
{
    /// <summary>The file, in YAML, every text in quotes.</summary>
    /// <param name="document">The policy.</param>
    public static string Write(PolicyDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var file = new StringBuilder().Append(CultureInfo.InvariantCulture, $"version: {PolicyDocument.Version}\n");
        file.Append(CultureInfo.InvariantCulture, $"default: {Keywords.Of(Keywords.Defaults, document.Default)}\n");
        if (document.SecurePath.Count > 0)
        {
            file.Append(CultureInfo.InvariantCulture, $"securePath: {List(document.SecurePath)}\n");
        }

        file.Append(document.Rules.Count == 0 ? "rules: []\n" : "rules:\n");
        foreach (var rule in document.Rules)
        {
            file.Append("  - ").AppendJoin("\n    ", Lines(rule)).Append('\n');
        }

        return file.ToString();
    }

    private static IEnumerable<string> Lines(PolicyRule rule)
    {
        yield return $"id: {Quote(rule.Id)}";
        yield return $"effect: {Keywords.Of(Keywords.Effects, rule.Effect)}";
        (string Key, string? Value)[] parts =
        [
            ("principals", ListOrNull(rule.Principals)),
            ("actions", ListOrNull(rule.Actions)),
            ("executable", rule.Executable is { } executable ? Executable(executable) : null),
            ("arguments", rule.Arguments is { } arguments ? Arguments(arguments) : null),
            ("workingDirectory", rule.WorkingDirectory is { } directory ? Paths(directory) : null),
            ("environment", rule.Environment is { } environment ? Environment(environment) : null),
            ("runAs", rule.RunAs is { } runAs ? Map(("users", ListOrNull(runAs.Users)), ("groups", ListOrNull(runAs.Groups))) : null),
            (
                "target",
                rule.Target.Count > 0 ? $"[{string.Join(", ", rule.Target.Select(target => Keywords.Of(Keywords.Targets, target)))}]" : null
            ),
            ("elevated", Flag(rule.Elevated)),
            ("paths", rule.Paths is { } paths ? Paths(paths) : null),
            ("limits", rule.Limits is { } limits ? Limits(limits) : null),
            ("containment", rule.Containment == Containment.None ? null : Keywords.Of(Keywords.Containments, rule.Containment)),
            ("sandbox", rule.Sandbox is { } sandbox ? Sandbox(sandbox) : null),
            ("require", rule.Require is { } require ? Require(require) : null),
            ("because", rule.Because is { } because ? Quote(because) : null),
            ("matches", Examples(rule.Matches)),
            ("notMatches", Examples(rule.NotMatches)),
        ];
        foreach (var (key, value) in parts)
        {
            if (value is not null)
            {
                yield return $"{key}: {value}";
            }
        }
    }

    private static string Executable(ExecutableCondition condition) =>
        condition.Any
            ? "any"
            : Map(
                ("path", ListOrNull(condition.Paths)),
                ("under", ListOrNull(condition.Under)),
                ("name", ListOrNull(condition.Names)),
                ("sha256", condition.Sha256 is { } digest ? Quote(digest) : null)
            );

    private static string Paths(PathCondition condition) =>
        condition.Any ? "any" : Map(("is", ListOrNull(condition.Is)), ("under", ListOrNull(condition.Under)));

    private static string Environment(EnvironmentCondition condition) =>
        condition is { Any: true, Has.Count: 0 }
            ? "any"
            : Map(
                ("any", Flag(condition.Any)),
                ("allow", ListOrNull(condition.Allow)),
                ("deny", ListOrNull(condition.Deny)),
                ("has", ListOrNull(condition.Has))
            );

    private static string Limits(ResourceLimits limits) =>
        Map(
            ("memory", Number(limits.MemoryBytes)),
            ("cpuTime", limits.CpuTime is { } time ? Keywords.Write(time) : null),
            ("cpuMillis", Number(limits.CpuMillis)),
            ("processes", Number(limits.Processes)),
            ("openFiles", Number(limits.OpenFiles)),
            ("fileSize", Number(limits.FileSizeBytes)),
            ("coreDump", Number(limits.CoreDumpBytes))
        );

    private static string Sandbox(SandboxCondition sandbox) =>
        Map(
            ("read", ListOrNull(sandbox.Read)),
            ("write", ListOrNull(sandbox.Write)),
            ("execute", ListOrNull(sandbox.Execute)),
            ("refuse", ListOrNull(sandbox.Refuse))
        );

    private static string Require(Requirement require) =>
        Map(
            ("newProcessGroup", Flag(require.NewProcessGroup)),
            ("newSession", Flag(require.NewSession)),
            ("managed", Flag(require.Managed)),
            ("noNewPrivileges", Flag(require.NoNewPrivileges)),
            ("noNetwork", Flag(require.NoNetwork)),
            ("reason", Flag(require.Reason)),
            ("maxTimeout", require.MaxTimeout is { } time ? Keywords.Write(time) : null)
        );

    internal static string Arguments(ArgumentPattern pattern) =>
        pattern.Any ? "any" : $"[{string.Join(", ", pattern.Elements.Select(Element))}]";

    private static string Element(ArgumentElement element)
    {
        var isPattern = element.Kind == ArgumentKind.Pattern;
        var one = element.Kind switch
        {
            ArgumentKind.Literal => Quote(element.Values[0]),
            ArgumentKind.OneOf => Map(("oneOf", List(element.Values))),
            ArgumentKind.Pattern => Map(("pattern", Quote(element.Values[0]))),
            _ => "{ any: true }",
        };
        return element.Count switch
        {
            ArgumentCount.One => one,
            ArgumentCount.Optional => Map(("optional", one)),
            _ => Map(
                (
                    "rest",
                    isPattern ? Quote(element.Values[0])
                    : element.Kind == ArgumentKind.Any ? "any"
                    : one
                )
            ),
        };
    }

    private static string? Examples(ValueList<ValueList<string>> examples) =>
        examples.Count == 0 ? null : $"[{string.Join(", ", examples.Select(List))}]";

    private static string Map(params ReadOnlySpan<(string Key, string? Value)> parts)
    {
        List<string> written = [];
        foreach (var (key, value) in parts)
        {
            if (value is not null)
            {
                written.Add($"{key}: {value}");
            }
        }

        return written.Count == 0 ? "{}" : $"{{ {string.Join(", ", written)} }}";
    }

    private static string? ListOrNull(ValueList<string> texts) => texts.Count == 0 ? null : List(texts);

    private static string List(ValueList<string> texts) => $"[{string.Join(", ", texts.Select(Quote))}]";

    private static string? Flag(bool value) => value ? "true" : null;

    private static string? Number(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    /// <summary>A text in double quotes, everything but printable ASCII escaped.</summary>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' or '\\' => quoted.Append('\\').Append((char)rune.Value),
                >= ' ' and <= '~' => quoted.Append((char)rune.Value),
                <= 0xFFFF => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}"),
            };
        }

        return quoted.Append('"').ToString();
    }
}
