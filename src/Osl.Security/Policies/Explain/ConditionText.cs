using System.Globalization;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>Says a failed condition: its key, what the rule wants, what there is. Arguments are masked.</summary>
internal static class ConditionText
{
    internal static (string Condition, string Expected, string Found) Describe(
        RuleCondition failed,
        CompiledRule compiled,
        in PolicyRequest request
    )
    {
        var rule = compiled.Rule;
        var facts = request.Facts;
        var executable = facts.Executable;
        return failed switch
        {
            RuleCondition.Principal => ("principals", OneOf(rule.Principals), request.Context.Principal.ToString()),
            RuleCondition.Executable => (
                "executable",
                OneOf([.. rule.Executable!.Paths, .. rule.Executable.Under.Select(directory => $"below {directory}")]),
                string.Equals(executable!.Path, executable.CanonicalPath, StringComparison.Ordinal)
                    ? executable.CanonicalPath
                    : $"{executable.CanonicalPath} (the real path of {executable.Path})"
            ),
            RuleCondition.ExecutableName => (
                "executable.name",
                rule.Executable!.Names.Count > 0 ? OneOf(rule.Executable.Names) : "the program by its own name",
                $"{executable!.CanonicalPath} called '{executable.Requested}'"
            ),
            RuleCondition.Digest => (
                "executable.sha256",
                rule.Executable!.Sha256!,
                executable!.Sha256 ?? "no digest, which prepare has to take"
            ),
            RuleCondition.Trust => (
                "executable",
                executable!.Interpreter is null ? "a digest on a trusted path" : "a script on a trusted path",
                executable.IsTrusted is null ? "a path of which prepare does not say whether it is trusted" : "a path that others may write"
            ),
            RuleCondition.Arguments => (
                "arguments",
                PolicyWriter.Arguments(rule.Arguments!),
                $"[{string.Join(", ", Redaction.MaskArguments(request.Spawn!.Arguments).Select(argument => argument.ToString()))}]"
            ),
            RuleCondition.WorkingDirectory => (
                "workingDirectory",
                Paths(rule.WorkingDirectory!),
                facts.RealWorkingDirectory ?? "a directory whose real path prepare does not say"
            ),
            RuleCondition.HasVariable => ("environment.has", OneOf(rule.Environment!.Has), Names(request)),
            RuleCondition.Environment => (
                "environment",
                "only variables that it admits",
                compiled.FirstRefusedVariable(request) ?? "others"
            ),
            RuleCondition.RunAs or RuleCondition.DefaultRunAs => (
                "runAs",
                rule.RunAs is { } runAs ? $"{OneOf(runAs.Users)}, with their own groups" : "the host's own account",
                facts.RunAs is { } account
                    ? $"{account.User.Name} ({account.User.Id.ToString(CultureInfo.InvariantCulture)}){Groups(account)}"
                    : "the host's own account"
            ),
            RuleCondition.Target or RuleCondition.DefaultTarget => (
                "target",
                rule.Target.Count > 0
                    ? OneOf(rule.Target.Select(target => Keywords.Of(Keywords.Targets, target)))
                    : "own-child or own-group",
                facts.Target is { } target ? Keywords.Of(Keywords.Targets, CompiledRule.RelationOf(target)) : "none"
            ),
            RuleCondition.Elevation => ("elevated", "an operation that requires elevation", "one that requires none"),
            RuleCondition.DefaultElevation => (
                "elevated",
                "elevated: true in the rule",
                facts.ElevationReason ?? "an operation that requires elevation"
            ),
            RuleCondition.Paths or RuleCondition.DefaultPaths => (
                "paths",
                rule.Paths is { } paths ? Paths(paths) : "an operation that touches no files",
                facts.Paths.ToString()
            ),
            RuleCondition.Limits => ("limits", rule.Limits!.ToString(), request.Spawn!.Limits?.ToString() ?? "no limits"),
            RuleCondition.Containment => (
                "containment",
                $"at least {Keywords.Of(Keywords.Containments, rule.Containment)}",
                Keywords.Of(Keywords.Containments, request.Containment)
            ),
            RuleCondition.Sandbox when CompiledRule.SandboxFlaw(rule.Sandbox!, request) is var (wanted, found) => (
                "sandbox",
                wanted,
                found
            ),
            _ => ("require", CompiledRule.FirstMissing(rule.Require!, request) ?? "", "an operation without it"),
        };
    }

    private static string Groups(RunAsFacts account) =>
        account.ForeignGroups.Count == 0 ? "" : $" with the group {string.Join(", ", account.ForeignGroups.Select(group => group.Name))}";

    private static string Names(in PolicyRequest request) => OneOf(request.Spawn!.Environment.Set.Select(variable => variable.Name));

    private static string Paths(PathCondition condition) =>
        OneOf([.. condition.Is, .. condition.Under.Select(directory => $"below {directory}")]);

    private static string OneOf(IEnumerable<string> texts) => string.Join(" or ", texts) is { Length: > 0 } joined ? joined : "none";
}
