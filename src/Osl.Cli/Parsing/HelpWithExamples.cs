using System.CommandLine;
using System.CommandLine.Invocation;
using Osl.Cli.Commands;
using Osl.Cli.Output;

namespace Osl.Cli.Parsing;

/// <summary>The help of a command, in the order of a man page, as wide as the terminal (80 columns elsewhere).</summary>
internal sealed class HelpWithExamples(GlobalOptions globals, CliIo io) : SynchronousCommandLineAction
{
    private const int UsualWidth = 80;
    private const int LeastWidth = 40;
    private const int MostWidth = 100;

    /// <summary>What osl reads beside its command line; the same for every command.</summary>
    private static readonly (string Name, string Meaning)[] Environment =
    [
        ("OSL_AUDIT_DIR", "The audit journal, unless --audit-dir names it."),
        ("OSL_AUDIT_CHECKPOINT", "A file for the newest signed checkpoint, best on another machine; 'osl audit key init' makes osl sign."),
        ("OSL_POLICY", "A policy file that is added, unless --policy names it."),
        ("XDG_STATE_HOME", "Below it, or below ~/.local/state, lies the journal: osl/audit. For root: /var/lib/osl/audit."),
        ("XDG_RUNTIME_DIR", "Below it lies the registry of what runs: osl. For root: /run/osl."),
        ("NO_COLOR", "If set, no colours."),
        ("TERM", "If dumb, plain lines instead of tables."),
        (
            "/etc/osl/policy.yaml",
            "The system's policy. Where it exists it always holds; if it does not load, nothing is started, signalled or ended."
        ),
    ];

    /// <summary>Help can be asked for beside whatever is wrong or missing.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var width = Math.Clamp(Screen.Of(io)?.Columns ?? UsualWidth, LeastWidth, MostWidth);
        var command = parseResult.CommandResult.Command;
        var text = new HelpText(parseResult.InvocationConfiguration.Output, width);
        var path = PathOf(command);
        text.Paragraph($"{path} - {command.Description}");
        Usage(text, command, path);
        if (command is OslCommand { Details.Count: > 0 } described)
        {
            text.Title("Description");
            foreach (var paragraph in described.Details)
            {
                text.Paragraph(paragraph, indent: 2);
            }
        }

        text.List("Commands", command.Subcommands.Where(sub => !sub.Hidden).Select(sub => (sub.Name, sub.Description ?? "")));
        text.List("Arguments", command.Arguments.Select(argument => (argument.Name, argument.Description ?? "")));
        text.List("Options", command is RootCommand ? [] : command.Options.Select(Line));
        text.List("Options of every command", globals.All.Select(Line).Append(("-h, --help", "Show this help.")));
        if (command is OslCommand leaf)
        {
            text.List("Exit codes", leaf.ExitCodeTable.Select(code => (code.Code, code.Meaning)));
        }
        else
        {
            text.List("Exit codes of 'osl run'", ExitCodes.OfRunTable.Select(code => (code.Code, code.Meaning)));
            text.List("Exit codes of every other command", ExitCodes.OfOthersTable.Select(code => (code.Code, code.Meaning)));
        }

        text.List("Environment and files", Environment);
        text.Title("Examples");
        foreach (var example in ExamplesOf(command))
        {
            text.Verbatim($"  {example.CommandLine}");
            text.Paragraph(example.What, indent: 6);
        }

        return ExitCodes.Done;
    }

    /// <summary>Its own; of a command that has others below it, one of each.</summary>
    private static IEnumerable<Example> ExamplesOf(Command command) =>
        command is OslCommand leaf
            ? leaf.Examples
            : command
                .Subcommands.Where(sub => !sub.Hidden)
                .SelectMany(sub => sub is OslCommand ? ExamplesOf(sub).Take(1) : ExamplesOf(sub));

    private static void Usage(HelpText text, Command command, string path)
    {
        text.Title("Usage");
        if (command.Subcommands.Any())
        {
            text.Verbatim($"  {path} COMMAND [options]");
            if (command is RootCommand)
            {
                text.Verbatim($"  {path} {LeadingWord.Help} [COMMAND]");
                text.Verbatim($"  {path} --version [--json]");
            }

            return;
        }

        // What is after the program is the program's.
        var arguments =
            command is RunCommand ? "[--] PROGRAM [ARGUMENT...]" : string.Join(' ', command.Arguments.Select(argument => argument.Name));
        text.Verbatim($"  {path} [options] {arguments}".TrimEnd());
    }

    private static (string Name, string Meaning) Line(Option option) =>
        (
            option.Arity.MaximumNumberOfValues == 0
                ? option.Name
                : $"{option.Name} {option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant()}",
            option.Description ?? ""
        );

    private static string PathOf(Command command) =>
        command is RootCommand ? "osl"
        : command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}"
        : command.Name;
}
