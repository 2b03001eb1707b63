using System.Collections;
using System.Text.Unicode;

namespace Osl.Cli;

/// <summary>
/// The runtime replaces bytes that are no UTF-8 in arguments and environment by U+FFFD. A program would then be given something else than
/// was asked for, and another file be acted on: so it is refused, and named.
/// </summary>
internal static class Utf8Guard
{
    private const char Replacement = '\uFFFD';

    /// <summary>What came in changed; null when nothing did.</summary>
    /// <param name="arguments">As the runtime gives them.</param>
    /// <param name="withEnvironment">Whether the environment is passed on.</param>
    internal static string? FirstChanged(IReadOnlyList<string> arguments, bool withEnvironment)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        if (arguments.Any(argument => argument.Contains(Replacement, StringComparison.Ordinal)) && !IsWellFormed("/proc/self/cmdline"))
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
            if (
                (
                    name.Contains(Replacement, StringComparison.Ordinal)
                    || variable.Value is string value && value.Contains(Replacement, StringComparison.Ordinal)
                ) && !IsWellFormed("/proc/self/environ")
            )
            {
                return $"the variable {name}";
            }
        }

        return null;
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
