using System.Globalization;

namespace Osl.Operations.Processes;

/// <summary>
/// Keeps the audit form of a spawn well below the journal's largest record (knowledge/journal-format.md). The kernel takes two
/// megabytes of arguments; refusing to run what can't be journaled whole would refuse honest command lines, so long ones are cut, and
/// say by how much. The program and the first arguments are always there.
/// </summary>
internal static class Abbreviation
{
    private const int LongestText = 4096;

    /// <summary>Of eighteen files at most: two streams with eight targets each, and their own.</summary>
    private const int LongestFile = 512;

    /// <summary>All texts together; JSON may write a character as six bytes.</summary>
    private const int Budget = 96 * 1024;

    internal static SpawnProcessOperation Of(SpawnProcessOperation spawn)
    {
        var length = Length(spawn.Program) + Length(spawn.WorkingDirectory);
        var longest = length;
        foreach (var output in (ReadOnlySpan<StandardOutputConfig>)[spawn.StandardOutput, spawn.StandardError])
        {
            Measure(output, ref length, ref longest);
        }

        foreach (var argument in spawn.Arguments)
        {
            length += argument.Value.Length + 1;
            longest = Math.Max(longest, argument.Value.Length);
        }

        foreach (var variable in spawn.Environment.Set)
        {
            length += Length(variable?.Name) + Argument.Mask.Length;
            longest = Math.Max(longest, Length(variable?.Name));
        }

        foreach (var name in spawn.Environment.Unset)
        {
            length += Length(name);
            longest = Math.Max(longest, Length(name));
        }

        return longest <= LongestText && length <= Budget ? spawn : Cut(spawn);
    }

    internal static RunProcessOperation Of(RunProcessOperation run)
    {
        if (run.Spawn is null)
        {
            return run;
        }

        var spawn = Of(run.Spawn);
        return ReferenceEquals(spawn, run.Spawn) ? run : run with { Spawn = spawn };
    }

    private static void Measure(StandardOutputConfig? output, ref int length, ref int longest)
    {
        if (output is null)
        {
            return;
        }

        length += Length(output.File);
        longest = Math.Max(longest, Length(output.File));
        foreach (var target in output.Targets)
        {
            Measure(target, ref length, ref longest);
        }

        // More than can be valid: cut, however short they are.
        longest = output.Targets.Count > StandardOutputConfig.MostTargets ? int.MaxValue : longest;
    }

    /// <summary>Deeper than one level is never valid, and so not kept.</summary>
    private static StandardOutputConfig Cut(StandardOutputConfig output, bool isTarget = false) =>
        output with
        {
            File = output.File is null ? null : Cut(output.File, LongestFile),
            Targets = isTarget
                ? default
                : output
                    .Targets.Take(StandardOutputConfig.MostTargets)
                    .Select(target => target is null ? null! : Cut(target, isTarget: true))
                    .ToValueList(),
        };

    private static SpawnProcessOperation Cut(SpawnProcessOperation spawn) =>
        spawn with
        {
            Program = Cut(spawn.Program ?? ""),
            WorkingDirectory = spawn.WorkingDirectory is null ? null : Cut(spawn.WorkingDirectory),
            StandardOutput = Cut(spawn.StandardOutput),
            StandardError = Cut(spawn.StandardError),
            Arguments = Fit(
                spawn.Arguments,
                argument => (Argument)Cut(argument.Value),
                argument => argument.Value.Length + 1,
                rest => rest
            ),
            Environment = spawn.Environment with
            {
                Set = Fit(
                    spawn.Environment.Set,
                    variable => new EnvironmentVariable(Cut(variable?.Name ?? ""), Argument.Mask),
                    variable => variable.Name.Length + Argument.Mask.Length,
                    rest => new EnvironmentVariable(rest, Argument.Mask)
                ),
                Unset = Fit(spawn.Environment.Unset, name => Cut(name ?? ""), name => name.Length, rest => rest),
            },
        };

    private static ValueList<T> Fit<T>(ValueList<T> items, Func<T, T> cut, Func<T, int> length, Func<string, T> rest)
    {
        var kept = new List<T>();
        var left = Budget / 3;
        foreach (var item in items)
        {
            var shorter = cut(item);
            left -= length(shorter);
            if (left < 0)
            {
                kept.Add(rest(string.Create(CultureInfo.InvariantCulture, $"‹{items.Count - kept.Count} more›")));
                break;
            }

            kept.Add(shorter);
        }

        return kept.ToValueList();
    }

    private static string Cut(string text, int longest = LongestText)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        // Not between the halves of a surrogate pair: JSON could not write either.
        var end = char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, end)}‹{text.Length - end} more characters›");
    }

    private static int Length(string? text) => text?.Length ?? 0;
}
