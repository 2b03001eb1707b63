using System.Globalization;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>What can be written down of a managed process: how it is started, and when again. A file of its own in a directory of templates.</summary>
/// <param name="Name">What it is called; see <see cref="WhyNoName"/>.</param>
/// <param name="Spawn">How it is started.</param>
public sealed record ProcessTemplate(string Name, SpawnProcessOperation Spawn)
{
    /// <summary>The longest name, in characters: 64.</summary>
    public const int LongestName = 64;

    /// <summary>When it is started again: never, unless said otherwise.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.Never;

    /// <summary>Whether it is started when the manager starts.</summary>
    public bool RunOnStartup { get; init; }

    /// <summary>Whether the manager keeps what changes for whoever asks later (<see cref="ManagedProcess.Notifications"/>).</summary>
    public bool Notify { get; init; }

    /// <summary>
    /// Why a name can't be used; null when it can. Letters, digits, hyphens, underscores and single dots, a letter or digit first: such a name is a file's own and
    /// leads out of no directory.
    /// </summary>
    /// <param name="name">The name.</param>
    public static string? WhyNoName(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > LongestName)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a name has 1 to {LongestName} characters");
        }

        if (!char.IsAsciiLetterOrDigit(name[0]))
        {
            return "a name begins with a letter or a digit";
        }

        if (name.Contains("..", StringComparison.Ordinal))
        {
            return "a name has no two dots in a row";
        }

        return name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.')
            ? null
            : "a name consists of letters, digits, hyphens, underscores and dots";
    }

    /// <summary>Why no process can be made by it: its name, or its restart policy; null when one can.</summary>
    internal OperationError? WhyNotUsable()
    {
        List<string> failures = [];
        if (WhyNoName(Name) is { } name)
        {
            failures.Add($"Name: {name}.");
        }

        failures.AddRange(Restart.Problems().Select(problem => $"Restart.{problem}."));
        return failures.Count == 0 ? null : new ValidationFailed(failures.ToValueList());
    }
}
