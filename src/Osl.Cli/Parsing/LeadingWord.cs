using System.CommandLine;

namespace Osl.Cli.Parsing;

/// <summary>What stands first on a command line and is no command of the parser's: <c>help</c>, and what the parser would swallow.</summary>
internal static class LeadingWord
{
    internal const string Help = "help";

    /// <summary>
    /// The command line as it is meant: <c>help COMMAND</c> is <c>COMMAND --help</c>. System.CommandLine takes leading words in brackets
    /// for directives ([env:X=1], [suggest]) and, where it knows none, drops them without a word; after <c>--</c> they are what they look
    /// like, words that are no command.
    /// </summary>
    internal static IReadOnlyList<string> Read(IReadOnlyList<string> arguments, Command root) =>
        arguments is [['[', ..], ..] ? ["--", .. arguments]
        : arguments is [Help, ..] ? HelpOn([.. arguments.Skip(1)], root)
        : arguments;

    private static IReadOnlyList<string> HelpOn(string[] words, Command root)
    {
        var command = root;
        List<string> path = [];
        foreach (var word in words.Where(word => !word.StartsWith('-')))
        {
            if (Below(command, word) is not { } sub)
            {
                // Told as what it is, never done: help on run is no reason to run anything.
                return command.Subcommands.Any() ? [.. path, "--", word] : ["--", word];
            }

            command = sub;
            path.Add(word);
        }

        return [.. path, "--help", .. words.Where(word => word.StartsWith('-'))];
    }

    private static Command? Below(Command command, string word) =>
        command.Subcommands.FirstOrDefault(sub => string.Equals(sub.Name, word, StringComparison.Ordinal));
}
