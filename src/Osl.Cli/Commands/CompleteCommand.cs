using System.CommandLine;
using Osl.Cli.Completion;

namespace Osl.Cli.Commands;

/// <summary>What the scripts of 'osl completion' ask: the candidates for the last word, a line each, <c>TEXT TAB ABOUT</c>.</summary>
internal sealed class CompleteCommand : Command
{
    private readonly Argument<string[]> _words = new("WORD") { Arity = ArgumentArity.ZeroOrMore };
    private readonly Command _root;
    private readonly Command _run;
    private readonly GlobalOptions _globals;
    private readonly CliIo _io;

    internal CompleteCommand(Command root, Command run, GlobalOptions globals, CliIo io)
        : base("complete", "For the completion scripts: what could stand in place of the last word.")
    {
        (_root, _run, _globals, _io) = (root, run, globals, io);
        Hidden = true;
        Arguments.Add(_words);
        SetAction(Answer);
    }

    private int Answer(ParseResult parse)
    {
        try
        {
            var completer = new Completer(_root, _run, new LiveValues(_globals, parse, _io));
            foreach (var candidate in completer.Complete(parse.GetValue(_words) ?? []))
            {
                _io.Print(candidate.About.Length == 0 ? candidate.Text : $"{candidate.Text}\t{candidate.About}");
            }

            return ExitCodes.Done;
        }
        catch (Exception e) when (e is not OutOfMemoryException && !parse.GetValue(_globals.Verbose))
        {
            // Somebody is in the middle of a line: a message would stand in it. --verbose shows it.
            return ExitCodes.Failed;
        }
    }
}
