using System.CommandLine;
using Osl.Cli.Commands;
using Osl.Cli.Parsing;
using Osl.Security.Policies;

namespace Osl.Cli.Completion;

/// <summary>One thing that could stand where the cursor is.</summary>
/// <param name="Text">What would be put there; or, beginning with a colon, what the shell itself has to find.</param>
/// <param name="About">A few words on it; may be empty.</param>
internal sealed record Candidate(string Text, string About = "")
{
    /// <summary>Names of files.</summary>
    internal static Candidate Files { get; } = new(":files");

    /// <summary>Names of directories.</summary>
    internal static Candidate Directories { get; } = new(":directories");

    /// <summary>A command line of its own, which begins at this word: counted from 0, osl itself not counted.</summary>
    internal static Candidate Program(int word) => new($":program {word.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
}

/// <summary>
/// Says what could stand in a place of a command line. One answer for every shell: the scripts only ask, and show it
/// (adr/0022-what-people-and-programs-read.md).
/// </summary>
/// <param name="root">osl's commands.</param>
/// <param name="run">The one after whose options another command line begins.</param>
/// <param name="live">What values there are just now.</param>
internal sealed class Completer(Command root, Command run, ILiveValues live)
{
    private const string EndOfOptions = "--";
    private const string Equal = "=";

    /// <summary>What could stand in the place of the last word.</summary>
    /// <param name="words">The words after <c>osl</c>, the one under the cursor last; it may be empty.</param>
    internal IReadOnlyList<Candidate> Complete(IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return [];
        }

        var place = new Place(root);
        for (var at = 0; at < words.Count - 1; at++)
        {
            if (Step(place, words, ref at) is { } program)
            {
                return [program];
            }
        }

        return At(place, words[^1], words.Count - 1);
    }

    /// <summary>Takes one word that stands before the cursor. Not null when the rest is the program's.</summary>
    private Candidate? Step(Place place, IReadOnlyList<string> words, ref int at)
    {
        var word = words[at];
        if (place.Awaits is not null)
        {
            // bash parts --option=value into three words.
            if (word is not Equal)
            {
                place.Values[place.Awaits.Name] = word;
                place.Awaits = null;
            }
        }
        else if (word is EndOfOptions)
        {
            if (place.Command == run)
            {
                return Candidate.Program(at + 1);
            }
        }
        else if (word.Length > 1 && word[0] == '-')
        {
            var option = Options(place).FirstOrDefault(option => Names(option).Contains(word, StringComparer.Ordinal));
            place.Awaits = option is { Arity.MaximumNumberOfValues: > 0 } ? option : null;
            var parts = word.Split('=', 2);
            place.Given.Add(parts[0]);
            if (parts.Length == 2)
            {
                place.Values[parts[0]] = parts[1];
            }
        }
        else if (place.Command.Subcommands.FirstOrDefault(sub => string.Equals(sub.Name, word, StringComparison.Ordinal)) is { } sub)
        {
            place.Command = sub;
        }
        else if (place.IsHelp || (place.Command == root && word is LeadingWord.Help))
        {
            place.IsHelp = true;
        }
        else if (place.Command == run)
        {
            return Candidate.Program(at);
        }
        else
        {
            place.Arguments++;
        }

        return null;
    }

    private IReadOnlyList<Candidate> At(Place place, string word, int at)
    {
        if (place.Awaits is { } option)
        {
            return Values(place, option.HelpName, word is Equal ? "" : word);
        }

        if (word.StartsWith('-'))
        {
            return OfOption(place, word);
        }

        if (place.Command == run && !place.IsHelp)
        {
            return [Candidate.Program(at)];
        }

        if (place.Command.Subcommands.Any())
        {
            return [.. Commands(place).Where(candidate => candidate.Text.StartsWith(word, StringComparison.Ordinal))];
        }

        if (place.IsHelp)
        {
            return [];
        }

        return place.Arguments < place.Command.Arguments.Count ? Values(place, place.Command.Arguments[place.Arguments].Name, word)
            : word.Length == 0 ? OfOption(place, "-")
            : [];
    }

    private IEnumerable<Candidate> Commands(Place place)
    {
        foreach (var sub in place.Command.Subcommands.Where(sub => !sub.Hidden))
        {
            yield return new Candidate(sub.Name, sub.Description ?? "");
        }

        if (place.Command == root && !place.IsHelp)
        {
            yield return new Candidate(LeadingWord.Help, "Show the help of a command.");
        }
    }

    private IReadOnlyList<Candidate> OfOption(Place place, string word)
    {
        var separator = word.IndexOf('=', StringComparison.Ordinal);
        if (separator < 0)
        {
            return
            [
                .. Options(place)
                    .Where(option => !option.Hidden && option.Name.StartsWith(word, StringComparison.Ordinal))
                    .Select(option => new Candidate(option.Name, option.Description ?? "")),
            ];
        }

        var name = word[..separator];
        var option = Options(place).FirstOrDefault(option => Names(option).Contains(name, StringComparer.Ordinal));
        return
        [
            // Files are the shell's to find, which does so for the whole word.
            .. Values(place, option?.HelpName, word[(separator + 1)..])
                .Where(candidate => candidate.Text[0] != ':')
                .Select(candidate => candidate with { Text = $"{name}={candidate.Text}" }),
        ];
    }

    /// <summary>The values of an option or an argument, by the name that its help shows: that says what kind it is.</summary>
    private IReadOnlyList<Candidate> Values(Place place, string? kind, string word)
    {
        // What a person types in place of the id of a process is that of a group, after --group.
        var isGroup = kind is "PGID" || (kind is "PID" && place.Given.Contains("--group"));
        var all = kind switch
        {
            "SIGNAL" => Signals(word),
            "PGID" or "PID" => isGroup ? live.Groups() : live.Processes(isHost: place.Command is PsCommand),
            "ID" or "OPERATION|INDEX" => live.Operations(),
            // Other commands have names of other things.
            "NAME" when place.Command is ControlCommand => live.Managed(place.Values.GetValueOrDefault(ControlCommand.DirectoryOption)),
            "SHELL" => CompletionCommand.Shells.Select(shell => new Candidate(shell)),
            "DECISION" => [new Candidate("allow"), new Candidate("require-approval"), new Candidate("deny")],
            "RELATION" => RuleTargets.Names.Select(name => new Candidate(name)),
            "CLASS" => Osl.Operations.Processes.SystemCallClasses.All.Select(name => new Candidate(name)),
            "LEVEL" => ContextOptions.Levels.Select(level => new Candidate(level)),
            "NAME=VALUE" => Parsing.LimitText.Each.Select(name => new Candidate($"{name}=")),
            "DIR" => [Candidate.Directories],
            "FILE" or "PATH" or "CASES" => [Candidate.Files],
            _ => [],
        };
        return [.. all.Where(candidate => candidate.Text[0] == ':' || candidate.Text.StartsWith(word, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>In the way they are being typed: TERM, or SIGTERM.</summary>
    private static IEnumerable<Candidate> Signals(string word)
    {
        var prefix = word.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? "SIG" : "";
        return Operations.Processes.Signal.KnownNames.Select(name => new Candidate(prefix + name));
    }

    private IEnumerable<Option> Options(Place place) =>
        root.Options.Where(option => option.Recursive || place.Command == root).Concat(place.Command == root ? [] : place.Command.Options);

    private static IEnumerable<string> Names(Option option) => option.Aliases.Append(option.Name);

    /// <summary>How far a command line has been read.</summary>
    private sealed class Place(Command root)
    {
        internal Command Command { get; set; } = root;

        /// <summary>The option whose value comes next.</summary>
        internal Option? Awaits { get; set; }

        internal int Arguments { get; set; }

        /// <summary>Whether help was asked for: what follows are names of commands, and nothing is done.</summary>
        internal bool IsHelp { get; set; }

        internal HashSet<string> Given { get; } = new(StringComparer.Ordinal);

        /// <summary>Of options that have one, by their names.</summary>
        internal Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);
    }
}
