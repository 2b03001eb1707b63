using System.CommandLine;

namespace Osl.Cli.Parsing;

/// <summary>
/// Finds where, on the command line of `osl run`, the program begins. From there on everything is the program's, also what looks like
/// an option of ours; System.CommandLine would take it for one.
/// </summary>
internal static class ProgramBoundary
{
    private const string EndOfOptions = "--";

    /// <summary>What was found.</summary>
    /// <param name="Arguments">
    /// The command line up to the program, with <c>--</c> before it; the whole when there is no program in it. The program's arguments are not
    /// the parser's to read, which takes 100,000 at most.
    /// </param>
    /// <param name="UnknownOption">What begins with <c>-</c>, stands before the program, and is no option. It may be a program forgotten.</param>
    internal sealed record Split(IReadOnlyList<string> Arguments, string? UnknownOption = null)
    {
        /// <summary>The program and its arguments; null when there is none.</summary>
        internal IReadOnlyList<string>? Program { get; init; }
    }

    internal static Split Find(IReadOnlyList<string> arguments, Command root, Command run)
    {
        var options = root.Options.ToList();
        var inRun = false;
        for (var at = 0; at < arguments.Count; at++)
        {
            var argument = arguments[at];
            if (inRun && IsEndOfOptions(argument))
            {
                return At(arguments, at, at + 1);
            }

            if (FindOption(options, argument, out var isAttached) is { } option)
            {
                var takesValue = option.Arity.MaximumNumberOfValues > 0;
                if (isAttached && !takesValue)
                {
                    return new Split(arguments, argument);
                }

                var takesNext = !isAttached && takesValue;
                if (takesNext && at + 1 < arguments.Count && IsEndOfOptions(arguments[at + 1]))
                {
                    // A value is missing: the parser says so better.
                    return new Split(arguments);
                }

                at += takesNext ? 1 : 0;
            }
            else if (inRun)
            {
                return argument.StartsWith('-') ? new Split(arguments, argument) : At(arguments, at, at);
            }
            else if (string.Equals(argument, run.Name, StringComparison.Ordinal))
            {
                inRun = true;
                options.AddRange(run.Options);
            }
            else
            {
                // Another command, or a mistake that the parser names.
                break;
            }
        }

        return new Split(arguments);
    }

    /// <summary>Parts it after the options, which end before <paramref name="end"/>.</summary>
    private static Split At(IReadOnlyList<string> arguments, int end, int program) =>
        new([.. arguments.Take(end), EndOfOptions, .. arguments.Skip(program).Take(1)])
        {
            Program = program < arguments.Count ? [.. arguments.Skip(program)] : null,
        };

    private static bool IsEndOfOptions(string argument) => string.Equals(argument, EndOfOptions, StringComparison.Ordinal);

    private static Option? FindOption(List<Option> options, string argument, out bool isAttached)
    {
        isAttached = false;
        if (Named(options, argument) is { } option)
        {
            return option;
        }

        var separator = argument.AsSpan().IndexOfAny('=', ':');
        isAttached = separator > 0;
        return isAttached ? Named(options, argument[..separator]) : null;
    }

    private static Option? Named(List<Option> options, string name) =>
        options.Find(option => string.Equals(option.Name, name, StringComparison.Ordinal) || option.Aliases.Contains(name));
}
