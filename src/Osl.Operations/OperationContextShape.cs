using System.Globalization;

namespace Osl.Operations;

/// <summary>
/// The shape of an <see cref="OperationContext"/>, checked before anything else is done with it: a principal's name decides what is
/// its own, and both are shown to people and kept in the journal.
/// </summary>
internal static class OperationContextShape
{
    /// <summary>The longest name of a principal or a role, in UTF-16 code units.</summary>
    internal const int LongestName = 256;

    /// <summary>The longest reason.</summary>
    internal const int LongestReason = 4096;

    /// <summary>The most roles.</summary>
    internal const int MostRoles = 64;

    /// <summary>Everything that is wrong, one sentence each; empty when nothing is.</summary>
    internal static IReadOnlyList<string> Check(OperationContext context)
    {
        // The way of nearly every call: nothing is allocated.
        if (
            NameFlaw(context.Principal?.Name) is null
            && ReasonFlaw(context.Reason) is null
            && context.Principal!.Roles.Count <= MostRoles
            && !context.Principal.Roles.Any(role => NameFlaw(role) is not null)
        )
        {
            return [];
        }

        List<string> failures = [];
        Add(failures, "Principal.Name", NameFlaw(context.Principal?.Name));
        Add(failures, "Reason", ReasonFlaw(context.Reason));
        var roles = context.Principal?.Roles ?? default;
        Add(
            failures,
            "Principal.Roles",
            roles.Count > MostRoles ? string.Create(CultureInfo.InvariantCulture, $"are more than {MostRoles}") : null
        );
        for (var index = 0; index < Math.Min(roles.Count, MostRoles); index++)
        {
            Add(failures, string.Create(CultureInfo.InvariantCulture, $"Principal.Roles[{index}]"), NameFlaw(roles[index]));
        }

        return failures;
    }

    /// <summary>What may be recorded of a context that was refused: well-formed, bounded, and taken for nobody.</summary>
    internal static OperationContext ForRefusal(OperationContext context) =>
        context with
        {
            // No valid name can be this: it has a control character.
            Principal = new Principal($"\u001A{DisplayText.Escape(context.Principal?.Name, LongestName)}"),
            Reason = context.Reason is { } reason ? DisplayText.Escape(reason, LongestReason) : null,
        };

    private static void Add(List<string> failures, string member, string? flaw)
    {
        if (flaw is not null)
        {
            failures.Add($"{member} {flaw}.");
        }
    }

    private static string? NameFlaw(string? name) =>
        ShapeFailures.TextFlaw(name, LongestName)
        // What DisplayText escapes would make one name read as another.
        ?? (ReferenceEquals(DisplayText.Escape(name), name) ? null : "holds control or invisible characters");

    /// <summary>A reason is prose of anybody's and decides nothing; whatever is in it is escaped where it is shown.</summary>
    private static string? ReasonFlaw(string? reason) =>
        reason is null ? null
        : reason.Length > LongestReason ? string.Create(CultureInfo.InvariantCulture, $"is longer than {LongestReason} characters")
        : ShapeFailures.CharacterFlaw(reason);
}
