using System.CommandLine;
using Osl.Cli;
using Osl.Cli.Commands;

namespace Osl.Tests.Unit.Cli;

/// <summary>osl within the test: what it prints, and what it exits with. Nothing here starts a process.</summary>
internal static class Terminal
{
    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var io = Io(output, error);
        var exitCode = await new OslApplication(io).RunAsync(arguments);
        return (exitCode, output.ToString(), error.ToString());
    }

    internal static OslApplication Application() => new(Io(TextWriter.Null, TextWriter.Null));

    internal static CliIo Io(TextWriter output, params (string Name, string Value)[] variables) =>
        new(
            output,
            TextWriter.Null,
            name => Array.Find(variables, variable => string.Equals(variable.Name, name, StringComparison.Ordinal)).Value,
            TimeProvider.System
        );

    internal static IEnumerable<OslCommand> Commands() => Below(Application().Root);

    /// <summary>How a command is called, without osl itself.</summary>
    internal static string[] PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand
            ? [.. PathOf(parent), command.Name]
            : [command.Name];

    private static CliIo Io(TextWriter output, TextWriter error) => new(output, error, static _ => null, TimeProvider.System);

    private static IEnumerable<OslCommand> Below(Command command) =>
        command.Subcommands.SelectMany(Below).Concat(command is OslCommand leaf ? [leaf] : []);
}
