using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Osl.Cli.Commands;

namespace Osl.Cli.Parsing;

/// <summary>The usual help, followed by examples and exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>Help can be asked for beside whatever is wrong or missing.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        // Not as wide as the terminal: what is written must not depend on where.
        help.MaxWidth = 100;
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        help.Invoke(parseResult);
        // System.CommandLine puts the options last, where they would be the program's.
        output.Write(
            text.ToString()
                .TrimEnd()
                .Replace("run <PROGRAM>... [options]", "run [options] -- <PROGRAM> [<ARG>...]", StringComparison.Ordinal)
        );
        output.Write("\n\n");
        if (parseResult.CommandResult.Command is OslCommand command)
        {
            output.Write("Examples:\n");
            foreach (var example in command.Examples)
            {
                output.Write($"  {example.CommandLine}\n      {example.What}\n");
            }

            WriteTable(output, "Exit codes:", command.ExitCodeTable);
        }
        else
        {
            WriteTable(output, "Exit codes of 'osl run':", ExitCodes.OfRunTable);
            output.Write('\n');
            WriteTable(output, "Exit codes of every other command:", ExitCodes.OfOthersTable);
        }

        return ExitCodes.Done;
    }

    private static void WriteTable(TextWriter output, string title, IReadOnlyList<ExitCodeLine> lines)
    {
        output.Write($"{(title.EndsWith("codes:", StringComparison.Ordinal) ? "\n" : "")}{title}\n");
        foreach (var line in lines)
        {
            output.Write($"  {line.Code, -5}  {line.Meaning}\n");
        }
    }
}
