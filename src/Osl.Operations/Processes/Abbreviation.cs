using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Osl.Operations.Processes;

/// <summary>
/// Keeps the audit form of a spawn well below the journal's largest record (knowledge/journal-format.md). The kernel takes two
/// megabytes of arguments; refusing to run what can't be journaled whole would refuse honest command lines, so long ones are cut, with
/// the length and the digest of the whole. The program and the first arguments are always there.
/// </summary>
/// <remarks>What comes here is masked already, so digests are of masked texts: a secret can't be guessed from one.</remarks>
internal static class Abbreviation
{
    private const int LongestText = 4096;

    /// <summary>Of eighteen files at most: two streams with eight targets each, and their own.</summary>
    private const int LongestFile = 512;

    /// <summary>All texts together; JSON may write a character as six bytes.</summary>
    private const int Budget = 96 * 1024;

    /// <summary>What a length, a digest and their names take.</summary>
    private const int WholeLength = 128;

    /// <summary>What stands for all that finds no room.</summary>
    private delegate T RestOf<T>(ReadOnlySpan<T> rest);

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
            Arguments = Fit(spawn.Arguments, Cut, argument => argument.Value.Length + (argument.Whole is null ? 1 : WholeLength), Rest),
            Environment = spawn.Environment with
            {
                Set = Fit(
                    spawn.Environment.Set,
                    variable => new EnvironmentVariable(Cut(variable?.Name ?? ""), Argument.Mask),
                    variable => variable.Name.Length + Argument.Mask.Length,
                    rest => new EnvironmentVariable(More(rest.Length), Argument.Mask)
                ),
                Unset = Fit(spawn.Environment.Unset, name => Cut(name ?? ""), name => name.Length, rest => More(rest.Length)),
            },
        };

    private static ValueList<T> Fit<T>(ValueList<T> items, Func<T, T> cut, Func<T, int> length, RestOf<T> rest)
    {
        var kept = new List<T>();
        var left = Budget / 3;
        foreach (var item in items)
        {
            var shorter = cut(item);
            left -= length(shorter);
            if (left < 0)
            {
                kept.Add(rest(items.AsSpan()[kept.Count..]));
                break;
            }

            kept.Add(shorter);
        }

        return kept.ToValueList();
    }

    private static Argument Cut(Argument argument)
    {
        var text = argument.Value;
        if (text.Length <= LongestText)
        {
            return argument;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        return Argument.Cut(
            text[..EndOf(text, LongestText)],
            new WholeText(0, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)))
        );
    }

    /// <summary>Each is followed by a zero byte, as the kernel has them in /proc/PID/cmdline (proc_pid_cmdline(5)).</summary>
    private static Argument Rest(ReadOnlySpan<Argument> arguments)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        foreach (var argument in arguments)
        {
            var bytes = Encoding.UTF8.GetBytes(argument.Value);
            hash.AppendData(bytes);
            hash.AppendData([0]);
            length += bytes.Length + 1;
        }

        return Argument.Cut("", new WholeText(arguments.Length, length, Convert.ToHexStringLower(hash.GetHashAndReset())));
    }

    private static string Cut(string text, int longest = LongestText)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        var end = EndOf(text, longest);
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, end)}‹{text.Length - end} more characters›");
    }

    /// <summary>Not between the halves of a surrogate pair: JSON could not write either.</summary>
    private static int EndOf(string text, int longest) => char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;

    private static string More(int count) => string.Create(CultureInfo.InvariantCulture, $"‹{count} more›");

    private static int Length(string? text) => text?.Length ?? 0;
}
