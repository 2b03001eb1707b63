using System.Globalization;
using System.Text.RegularExpressions;
using Osl.Operations;

namespace Osl.Cli.Parsing;

/// <summary>
/// Says what is wrong with an operation in the words of the command line: validation names members of records, and who typed an
/// option knows nothing of those.
/// </summary>
internal static partial class CommandLineNames
{
    /// <summary>The member, without <c>Spawn.</c> and places in lists, and how a person gave it. The longest that fits counts.</summary>
    private static readonly (string Member, string Name)[] Names =
    [
        ("ProcessGroup", "--group"),
        ("Program", "PROGRAM"),
        ("Arguments", "argument"),
        ("Environment", "--env"),
        ("WorkingDirectory", "--cwd"),
        ("TimeLimit", "--timeout"),
        ("StopSequence", "--grace"),
        ("DetachFromTerminal", "--new-session"),
        ("ForegroundTerminal", "the terminal"),
        ("Lifetime", "--detach"),
        ("Containment", "--containment"),
        ("RunAs.User", "--user"),
        ("RunAs", "--user"),
        ("Privileges", "--no-new-privileges"),
        ("Sandbox", "the sandbox"),
        ("Sandbox.ReadPaths", "--read"),
        ("Sandbox.WritePaths", "--write"),
        ("Sandbox.ExecutePaths", "--exec"),
        ("Sandbox.RefusedSystemCalls", "--refuse"),
        ("Limits", "--limit"),
        ("Nice", "--nice"),
        ("Umask", "--umask"),
        ("StandardInput", "standard input"),
        ("StandardOutput", "standard output"),
        ("StandardError", "standard error"),
        ("Target.Pid", "PID"),
        ("Target.Pgid", "PGID"),
        ("TargetGroup", "--group"),
        ("Target", "the target"),
        ("Group", "--group"),
        ("Signal", "SIGNAL"),
    ];

    /// <summary>Words of the records within the sentence.</summary>
    private static readonly (string Word, string Name)[] Words =
    [
        ("JoinGroup", "--group"),
        ("NewGroup", "--new-group"),
        ("TargetGroup", "--group"),
        ("SameAsOutput", "the same as standard output"),
        ("Detached", "detached"),
    ];

    /// <summary>What to tell of an error: its own words, but for what validation says of an operation.</summary>
    internal static (string Message, string Remedy) Tell(OperationError error) =>
        error is ValidationFailed failed
            ? (
                string.Join(" ", failed.Failures.Select(Describe)),
                failed.IsOfFile ? failed.Remedy : "Correct the command line; --help shows what there is."
            )
            : (error.Message, error.Remedy);

    /// <summary>One failure of validation.</summary>
    internal static string Describe(string failure)
    {
        var match = Member().Match(failure);
        if (!match.Success || NameOf(match.Groups["path"].Value) is not { } name)
        {
            return failure;
        }

        // Counted from 1, as people count; the program's own name is none of its arguments.
        var place =
            match.Groups["index"] is { Success: true } index && name is "argument" or "--env"
                ? string.Create(CultureInfo.InvariantCulture, $" {int.Parse(index.Value, CultureInfo.InvariantCulture) + 1}")
                : "";
        var rest = Words.Aggregate(
            failure[match.Length..],
            (text, word) => Regex.Replace(text, $@"\b{word.Word}\b", word.Name, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1))
        );
        return name + place + rest;
    }

    private static string? NameOf(string path) =>
        Names
            .Where(name => path.StartsWith(name.Member, StringComparison.Ordinal) && IsWhole(path, name.Member))
            .OrderByDescending(name => name.Member.Length)
            .Select(name => name.Name)
            .FirstOrDefault();

    private static bool IsWhole(string path, string member) => path.Length == member.Length || path[member.Length] == '.';

    [GeneratedRegex(
        @"\A(?:Spawn\.)?(?<path>[A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z]*)*)(?:\[(?<index>[0-9]{1,9})\])?(?=[ .])",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Member();
}
