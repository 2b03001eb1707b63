namespace Osl.Security.Policies;

/// <summary>Every key that the loader knows, by the kind of mapping. A test holds the schema to it.</summary>
internal static class PolicyKeys
{
    internal static string[] Root { get; } = ["version", "default", "securePath", "rules"];

    internal static string[] Rule { get; } =
    [
        "id",
        "effect",
        "principals",
        "actions",
        "executable",
        "arguments",
        "workingDirectory",
        "environment",
        "runAs",
        "target",
        "elevated",
        "paths",
        "limits",
        "containment",
        "sandbox",
        "require",
        "because",
        "matches",
        "notMatches",
    ];

    internal static string[] Executable { get; } = ["path", "under", "name", "sha256"];

    internal static string[] Argument { get; } = ["oneOf", "pattern", "any", "optional", "rest"];

    internal static string[] Path { get; } = ["is", "under"];

    internal static string[] Environment { get; } = ["any", "allow", "deny", "has"];

    internal static string[] RunAs { get; } = ["users", "groups"];

    internal static string[] Limits { get; } = ["memory", "cpuTime", "cpuMillis", "processes", "openFiles", "fileSize", "coreDump"];

    internal static string[] Sandbox { get; } = ["read", "write", "execute", "refuse"];

    internal static string[] Require { get; } =
    ["newProcessGroup", "newSession", "managed", "noNewPrivileges", "noNetwork", "reason", "maxTimeout"];

    /// <summary>The kinds by the names that the schema's definitions have.</summary>
    internal static IReadOnlyDictionary<string, string[]> All { get; } =
        new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["root"] = Root,
            ["rule"] = Rule,
            ["executable"] = Executable,
            ["argument"] = Argument,
            ["path"] = Path,
            ["environment"] = Environment,
            ["runAs"] = RunAs,
            ["limits"] = Limits,
            ["sandbox"] = Sandbox,
            ["require"] = Require,
        };

    /// <summary>The known key that a text most resembles; null when none is near.</summary>
    internal static string? Nearest(string text, IEnumerable<string> keys)
    {
        var best = keys.Select(key => (Key: key, Distance: Distance(text.ToUpperInvariant(), key.ToUpperInvariant())))
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .FirstOrDefault();
        return best.Key is not null && best.Distance <= Math.Max(2, best.Key.Length / 2) ? best.Key : null;
    }

    // Levenshtein; a key is short, and a text that is much longer is near to none.
    private static int Distance(string text, string key)
    {
        if (text.Length > 40)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, key.Length + 1).ToArray();
        for (var i = 1; i <= text.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= key.Length; j++)
            {
                var replaced = diagonal + (text[i - 1] == key[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
