using System.Collections;
using System.Text.Unicode;

namespace Osl.Cli;

/// <summary>
/// The runtime replaces bytes that are no UTF-8 in arguments and environment by U+FFFD. A program would then be given something else than
/// was asked for, and another file be acted on: so it is refused, and named. On Windows text comes as UTF-16 and stays as it is, but
/// what is ill-formed (half a surrogate pair) can be neither recorded nor shown as it is, and is refused as well.
/// </summary>
internal static class Utf8Guard
{
    private const char Replacement = '\uFFFD';

    /// <summary>What is wrong, for a message.</summary>
    internal static string Fault => OperatingSystem.IsWindows() ? "Ill-formed UTF-16" : "Bytes that are not UTF-8";

    /// <summary>What came in changed; null when nothing did.</summary>
    /// <param name="arguments">As the runtime gives them.</param>
    /// <param name="withEnvironment">Whether the environment is passed on.</param>
    internal static string? FirstChanged(IReadOnlyList<string> arguments, bool withEnvironment)
    {
        if (arguments.Any(argument => IsChanged(argument, "/proc/self/cmdline")))
        {
            return "an argument";
        }

        if (!withEnvironment)
        {
            return null;
        }

        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (IsChanged(name, "/proc/self/environ") || (variable.Value is string value && IsChanged(value, "/proc/self/environ")))
            {
                return $"the variable {name}";
            }
        }

        return null;
    }

    private static bool IsChanged(string text, string source) =>
        OperatingSystem.IsWindows() ? IsIllFormed(text) : text.Contains(Replacement, StringComparison.Ordinal) && !IsWellFormed(source);

    /// <summary>Whether half of a surrogate pair stands alone.</summary>
    internal static bool IsIllFormed(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]))
            {
                if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
                {
                    return true;
                }

                at++;
            }
        }

        return false;
    }

    /// <summary>A U+FFFD that was really given is three good bytes; without /proc it can't be told, and counts as changed.</summary>
    private static bool IsWellFormed(string file)
    {
        try
        {
            return Utf8.IsValid(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
