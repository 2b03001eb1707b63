using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Osl.Cli.Commands;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Hosting;

namespace Osl.Cli;

/// <summary>The osl command as a whole: reads the command line, does one command, and turns whatever goes wrong into one or two lines.</summary>
internal sealed class OslApplication
{
    private readonly CliIo _io;
    private readonly GlobalOptions _globals = new();
    private readonly RunCommand _run;

    internal OslApplication(CliIo io)
    {
        _io = io;
        _run = new RunCommand(_globals, io);
        Root = new RootCommand("Runs operating-system processes as judged, audited operations, and ends them as a whole.");
        Root.Options.Clear();
        Root.Directives.Clear();
        Root.Options.Add(new HelpOption("--help", "-h") { Action = new HelpWithExamples(_globals, io) });
        Root.Options.Add(new VersionOption { Action = new VersionAction(_globals) });
        _globals.AddTo(Root);
        Root.Subcommands.Add(_run);
        Root.Subcommands.Add(new PsCommand(_globals, io));
        Root.Subcommands.Add(new SignalCommand(_globals, io));
        Root.Subcommands.Add(new KillGroupCommand(_globals, io));
        Root.Subcommands.Add(new ManageCommand(_globals, io));
        foreach (var control in ControlCommand.All(_globals, io))
        {
            Root.Subcommands.Add(control);
        }

        Root.Subcommands.Add(AuditCommands.Create(_globals, io));
        Root.Subcommands.Add(PolicyCommands.Create(_globals, io));
        Root.Subcommands.Add(new DoctorCommand(_globals, io));
        Root.Subcommands.Add(new CompletionCommand(_globals, io));
        Root.Subcommands.Add(new CompleteCommand(Root, _run, _globals, io));
    }

    internal RootCommand Root { get; }

    internal async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var (parse, unknownOption) = Parse(arguments);
        // run stands where the program would stand: what is wrong with osl itself is 125 there.
        var isRun = parse.CommandResult.Command == _run;
        var json = AsksForJson(arguments, unknownOption);
        var exitCode = Utf8Guard.FirstChanged(arguments, withEnvironment: isRun) is { } changed
            ? WrongUsage(
                $"{Utf8Guard.Fault} in {changed} can't be passed on as they are.",
                "Give a name or value that is well-formed text.",
                json,
                isRun
            )
            : await InvokeAsync(parse, unknownOption, isRun, json).ConfigureAwait(false);
        try
        {
            await _io.Out.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return OutputFailed(e, isRun, exitCode);
        }

        return exitCode;
    }

    /// <summary>Reads a command line; never throws for what is on it.</summary>
    internal (ParseResult Result, string? UnknownOption) Parse(IReadOnlyList<string> arguments)
    {
        var split = ProgramBoundary.Find(LeadingWord.Read(arguments, Root), Root, _run);
        _run.Take(split.Program);
        // @FILE is an argument like any other, and -xyz are not three options.
        var configuration = new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        return (Root.Parse(split.Arguments, configuration), split.UnknownOption);
    }

    /// <summary>Whether a program reads the answer; also where the rest of the command line can't be understood.</summary>
    private bool AsksForJson(IReadOnlyList<string> arguments, string? unknownOption) =>
        ProgramBoundary
            .Find(arguments, Root, _run)
            .Arguments.TakeWhile(argument => argument is not "--" && !string.Equals(argument, unknownOption, StringComparison.Ordinal))
            .Contains(_globals.Json.Name, StringComparer.Ordinal);

    private async Task<int> InvokeAsync(ParseResult parse, string? unknownOption, bool isRun, bool json)
    {
        if (SetUidGuard.IsSetUid)
        {
            _io.Refuse(
                "This program runs with more privileges than its caller has, and refuses to.",
                "Take the set-uid or set-gid bit, or the file capabilities, off osl and dotnet."
            );
            return isRun ? ExitCodes.Refused : ExitCodes.Failed;
        }

        var help = $"See 'osl{PathOf(parse.CommandResult)} --help'.";
        if (unknownOption is not null)
        {
            return WrongUsage(
                $"'{unknownOption}' is no option of osl run.",
                $"Put -- before a program whose name begins with -. {help}",
                json,
                isRun
            );
        }

        if (parse.Action is ParseErrorAction)
        {
            var unknown = parse.UnmatchedTokens is [var token, ..] && parse.CommandResult.Command.Subcommands.Any() ? token : null;
            return WrongUsage(
                unknown is not null ? $"'{unknown}' is no command: there are {CommandsOf(parse.CommandResult.Command)}."
                    : parse.CommandResult.Command.Subcommands.Any()
                        ? $"A command is missing: there are {CommandsOf(parse.CommandResult.Command)}."
                    : parse.Errors is [var first, ..] ? MessageOf(first)
                    : "This command line can't be understood.",
                help,
                json,
                isRun
            );
        }

        if (!_io.HasOutput && parse.CommandResult.Command is OslCommand command && command.NeedsOutput(parse))
        {
            _io.Refuse("Standard output is closed, so the result could not be told.", "Open it, on /dev/null if nobody is to read it.");
            return isRun ? ExitCodes.Refused : ExitCodes.Failed;
        }

        try
        {
            if (parse.CommandResult.Command is OslCommand { IsUnderPolicy: true } judged && _globals.HasPolicyFile(parse, _io))
            {
                LoadPolicy(parse, judged);
            }

            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = _io.Out,
            };
            return await parse.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (OutputFailedException e)
        {
            return OutputFailed(e, isRun, ExitCodes.Done);
        }
        catch (OperationCanceledException)
        {
            _io.Refuse("Interrupted before anything was done.", "Give the command again.");
            return isRun ? ExitCodes.Refused : ExitCodes.Failed;
        }
        catch (OslConfigurationException e)
        {
            return ConfigurationFailed(e, parse, isRun, json);
        }
        catch (Exception e)
        {
            // Also when memory or threads ran out: this program is at its end anyway, and can still say so.
            _io.Refuse(
                $"{e.GetType().Name}: {e.Message}",
                parse.GetValue(_globals.Verbose) ? null : "This is a defect of osl; --verbose shows where it comes from."
            );
            return WithTrace(e, parse, isRun);
        }
    }

    /// <summary>Before anything is done, whether it is judged or not: a policy is never silently without effect.</summary>
    private void LoadPolicy(ParseResult parse, OslCommand command)
    {
        try
        {
            _ = _globals.PolicyOf(parse, _io);
        }
        catch (OslConfigurationException e) when (command.OnlyLooks)
        {
            _io.Refuse(MessageOf(e), $"This command only looks, and goes on; nothing can be started, signalled or ended. {e.Remedy}");
        }
    }

    /// <summary>Without the remedy that it ends with, which stands on a line of its own here.</summary>
    private static string MessageOf(OslConfigurationException e) =>
        e.Message.EndsWith(e.Remedy, StringComparison.Ordinal) ? e.Message[..^e.Remedy.Length].TrimEnd() : e.Message;

    /// <summary>The library says of a missing argument only which command lacks it.</summary>
    private static string MessageOf(ParseError error) =>
        error.SymbolResult is ArgumentResult { Tokens.Count: 0, Parent: CommandResult } missing
            ? $"{missing.Argument.HelpName ?? missing.Argument.Name} is missing."
            : error.Message;

    private static string CommandsOf(Command command) =>
        string.Join(", ", command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name));

    private int WrongUsage(string message, string remedy, bool json, bool isRun)
    {
        if (json)
        {
            Json.WriteError(_io.Out, "usage", message, remedy);
        }

        _io.Refuse(message, remedy);
        return isRun ? ExitCodes.Refused : ExitCodes.WrongUsage;
    }

    private static string PathOf(CommandResult? result) =>
        result?.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "";

    private int ConfigurationFailed(OslConfigurationException e, ParseResult parse, bool isRun, bool json)
    {
        var message = MessageOf(e);
        var remedy = e.IsPolicy && parse.CommandResult.Command is OslCommand { WithoutPolicy: { } more } ? $"{e.Remedy} {more}" : e.Remedy;
        if (json)
        {
            Json.WriteError(_io.Out, "configuration", message, remedy);
        }

        _io.Refuse(message, remedy);
        return WithTrace(e, parse, isRun);
    }

    private int WithTrace(Exception e, ParseResult parse, bool isRun)
    {
        if (parse.GetValue(_globals.Verbose))
        {
            _io.WriteError($"{Operations.DisplayText.Escape(e.ToString()).Replace("\\u000A", "\n", StringComparison.Ordinal)}\n");
        }

        return isRun ? ExitCodes.Refused : ExitCodes.Failed;
    }

    private int OutputFailed(IOException e, bool isRun, int exitCode)
    {
        if (e is OutputFailedException { ReaderIsGone: true })
        {
            return exitCode;
        }

        _io.Refuse(e.Message, "What was asked for may have been done; 'osl audit list' shows it.");
        return isRun ? ExitCodes.Refused : ExitCodes.Failed;
    }
}
