using System.Buffers;
using Osl.Operations;

namespace Osl.Executors.Windows;

/// <summary>
/// Batch files: cmd.exe runs them, and cmd.exe reads its command line as a language of its own, before and after the quotes of any
/// other parser. What it makes of an argument can't be foreseen in general (CVE-2024-24576), so only arguments that mean themselves
/// in that language are let through; every other is refused (adr/0017-windows-programs.md).
/// </summary>
internal static class BatchFile
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./\\:@+"
    );

    /// <summary>The one that comes with the system; %COMSPEC% could name any program.</summary>
    internal static string Interpreter { get; } = Path.Join(Environment.SystemDirectory, "cmd.exe");

    internal static bool IsOne(string path) =>
        path.EndsWith(".bat", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".cmd", StringComparison.OrdinalIgnoreCase);

    /// <summary>The command line for <see cref="Interpreter"/>.</summary>
    /// <param name="path">The batch file, absolute.</param>
    /// <param name="arguments">Its own name first, which is not used.</param>
    internal static OneOf<string, OperationError> CommandLineOf(string path, IReadOnlyList<string> arguments)
    {
        // Within quotes only these two mean something: variables are put in everywhere.
        if (path.AsSpan().IndexOfAny("%!\"") >= 0)
        {
            return Refused($"'{path}'", "a path that cmd.exe would read as something else", "Move it to a path without '%' and '!'.");
        }

        for (var i = 1; i < arguments.Count; i++)
        {
            var argument = arguments[i].AsSpan();
            if (argument.IsEmpty || argument.ContainsAnyExcept(Plain) || argument.StartsWith("/?", StringComparison.Ordinal))
            {
                // Not the argument itself: it may be a secret.
                return Refused(
                    $"the batch file '{path}'",
                    $"an argument (number {i}) that cmd.exe might read as a command",
                    "Call the program behind the batch file directly, or use only ASCII letters, digits and _ - . / \\ : @ + in its arguments."
                );
            }
        }

        // /d: no AutoRun of the registry; /v:off: '!' is itself; /s: only the outermost quotes are taken away.
        return $"\"{Interpreter}\" /d /e:on /v:off /s /c \"\"{path}\"{string.Concat(arguments.Skip(1).Select(argument => ' ' + argument))}\"";
    }

    private static Unsupported Refused(string what, string why, string remedy) => new($"starting {what} with {why}", remedy);
}
