using System.Security.Cryptography;
using System.Text;
using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>
/// One form for all policies that say the same: rules by id, what is a set sorted and without doubles, written by
/// <see cref="PolicyWriter"/>. The secure path and arguments keep their order, which means something.
/// </summary>
internal static class CanonicalForm
{
    internal static string Hash(PolicyDocument document) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PolicyWriter.Write(Of(document)))));

    internal static PolicyDocument Of(PolicyDocument document) =>
        document with
        {
            Rules = document.Rules.OrderBy(rule => rule.Id, StringComparer.Ordinal).Select(Of).ToValueList(),
        };

    private static PolicyRule Of(PolicyRule rule) =>
        rule with
        {
            Principals = Set(rule.Principals),
            Actions = Set(rule.Actions),
            Target = rule.Target.Distinct().Order().ToValueList(),
            Executable = rule.Executable is { } executable
                ? executable with
                {
                    Paths = Set(executable.Paths),
                    Under = Set(executable.Under),
                    Names = Set(executable.Names),
                }
                : null,
            Arguments = rule.Arguments is { } arguments ? arguments with { Elements = arguments.Elements.Select(Of).ToValueList() } : null,
            WorkingDirectory = Of(rule.WorkingDirectory),
            Paths = Of(rule.Paths),
            Environment = rule.Environment is { } environment
                ? environment with
                {
                    Allow = Set(environment.Allow),
                    Deny = Set(environment.Deny),
                    Has = Set(environment.Has),
                }
                : null,
            RunAs = rule.RunAs is { } runAs ? runAs with { Users = Set(runAs.Users), Groups = Set(runAs.Groups) } : null,
        };

    private static ArgumentElement Of(ArgumentElement element) => element with { Values = Set(element.Values) };

    private static PathCondition? Of(PathCondition? condition) =>
        condition is null ? null : condition with { Is = Set(condition.Is), Under = Set(condition.Under) };

    private static ValueList<string> Set(ValueList<string> texts) =>
        texts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueList();
}
