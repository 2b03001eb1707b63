using System.Buffers;
using System.Text;

namespace Osl.Executors.Windows;

/// <summary>
/// Makes one command line of arguments, such that CommandLineToArgvW and the C runtime's parser make exactly these arguments of it
/// again (knowledge/windows-jobs-and-pipes.md).
/// </summary>
/// <remarks>
/// Two rules, since the parsers have two. The program's own name: a quote begins and ends, a backslash is only a backslash, and there
/// is no way to write a quote. Every other argument: backslashes count only before a quote, where 2n of them are n and the quote
/// ends the argument, and 2n + 1 are n and a quote.
/// </remarks>
internal static class CommandLine
{
    /// <summary>The longest command line of CreateProcessW, without the NUL at its end.</summary>
    internal const int Longest = 32_766;

    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(" \t\n\v\r\"");

    /// <summary>Whether a text can be the program's own name on a command line.</summary>
    internal static bool CanBeName(string name) => !name.Contains('"', StringComparison.Ordinal);

    /// <param name="arguments">The program's own name, for which <see cref="CanBeName"/> holds, and the arguments.</param>
    internal static string Of(IReadOnlyList<string> arguments)
    {
        var line = new StringBuilder(64);
        AppendName(line, arguments[0]);
        for (var i = 1; i < arguments.Count; i++)
        {
            line.Append(' ');
            AppendArgument(line, arguments[i]);
        }

        return line.ToString();
    }

    private static void AppendName(StringBuilder line, string name)
    {
        // CommandLineToArgvW ends an unquoted name at whatever is not above a space.
        if (name.Length > 0 && !name.AsSpan().ContainsAnyInRange('\0', ' '))
        {
            line.Append(name);
            return;
        }

        line.Append('"').Append(name).Append('"');
    }

    private static void AppendArgument(StringBuilder line, string argument)
    {
        if (argument.Length > 0 && !argument.AsSpan().ContainsAny(NeedQuotes))
        {
            line.Append(argument);
            return;
        }

        line.Append('"');
        var backslashes = 0;
        foreach (var unit in argument)
        {
            if (unit == '\\')
            {
                backslashes++;
                continue;
            }

            // Before a quote each of them would be half a one.
            line.Append('\\', unit == '"' ? (2 * backslashes) + 1 : backslashes).Append(unit);
            backslashes = 0;
        }

        line.Append('\\', 2 * backslashes).Append('"');
    }
}
