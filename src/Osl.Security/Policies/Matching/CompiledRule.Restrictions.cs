using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

internal sealed partial class CompiledRule
{
    private static readonly Requirement NothingRequired = new();

    private RuleCondition SelectorFailure(in PolicyRequest request)
    {
        var facts = request.Facts;
        if (Rule.RunAs is { } runAs && (facts.RunAs is not { } account || !IsOneOf(runAs.Users, account.User)))
        {
            return RuleCondition.RunAs;
        }

        if (Rule.Target.Count > 0 && (facts.Target is not { } target || !HasTarget(RelationOf(target))))
        {
            return RuleCondition.Target;
        }

        if (Rule.Elevated && !Rule.IsPermit && !facts.RequiresElevation)
        {
            return RuleCondition.Elevation;
        }

        return Rule.Paths is { Any: false } paths && !HasPaths(paths, facts.Paths) ? RuleCondition.Paths : RuleCondition.None;
    }

    private RuleCondition RestrictionFailure(in PolicyRequest request)
    {
        var facts = request.Facts;
        if (request.IsStart)
        {
            if (!_environment.Admits(request))
            {
                return RuleCondition.Environment;
            }

            if (Rule.Limits is { } limits && !Within(limits, request.Spawn!.Limits))
            {
                return RuleCondition.Limits;
            }

            if (request.Containment < Rule.Containment)
            {
                return RuleCondition.Containment;
            }

            if (Rule.Sandbox is { } sandbox && SandboxFlaw(sandbox, request) is not null)
            {
                return RuleCondition.Sandbox;
            }
        }

        if (!ReferenceEquals(Rule.Require ?? NothingRequired, NothingRequired) && FirstMissing(Rule.Require!, request) is not null)
        {
            return RuleCondition.Requirements;
        }

        if (facts.RunAs is { } account)
        {
            if (Rule.RunAs is not { } runAs)
            {
                return RuleCondition.DefaultRunAs;
            }

            foreach (var group in account.ForeignGroups)
            {
                if (!IsOneOf(runAs.Groups, group))
                {
                    return RuleCondition.DefaultRunAs;
                }
            }
        }

        if (Rule.Target.Count == 0 && facts.Target is { Relation: not TargetRelation.Own })
        {
            return RuleCondition.DefaultTarget;
        }

        return facts.RequiresElevation && !Rule.Elevated ? RuleCondition.DefaultElevation
            : Rule.Paths is null && facts.Paths.Count > 0 ? RuleCondition.DefaultPaths
            : RuleCondition.None;
    }

    /// <summary>The first requirement that is not met, as its key; null when all are.</summary>
    internal static string? FirstMissing(Requirement require, in PolicyRequest request) =>
        require.Reason && string.IsNullOrWhiteSpace(request.Context.Reason) ? "reason"
        : request.Spawn is not { } spawn || !request.IsStart ? null
        : require.NewProcessGroup && spawn.ProcessGroup.Placement != ProcessGroupPlacement.NewGroup && !request.HasNewSession
            ? "newProcessGroup"
        : require.NewSession && !request.HasNewSession ? "newSession"
        : require.Managed && spawn.Lifetime != ProcessLifetime.Managed ? "managed"
        : require.NoNewPrivileges && spawn.Privileges is not { NoNewPrivileges: true } && spawn.Sandbox is null ? "noNewPrivileges"
        : require.NoNetwork && spawn.Sandbox is not { NoNetwork: true } ? "noNetwork"
        : require.MaxTimeout is { } most && !(spawn.TimeLimit <= most) ? "maxTimeout"
        : null;

    /// <summary>What of a sandbox is not as it has to be: what is wanted, and what there is; null when nothing.</summary>
    internal static (string Wanted, string Found)? SandboxFlaw(SandboxCondition condition, in PolicyRequest request)
    {
        if (request.Spawn is not { Sandbox: { } asked } || request.Facts.Sandbox is not { } facts)
        {
            return ("a sandbox", "none");
        }

        if (condition.LimitsFiles)
        {
            if (!facts.LimitsFiles)
            {
                return ("a sandbox that names paths", "one in which files are not limited");
            }

            foreach (
                var (kind, granted, most) in (ReadOnlySpan<(string, ValueList<string>, ValueList<string>)>)
                    [
                        ("read", facts.ReadPaths, condition.Read),
                        ("write", facts.WritePaths, condition.Write),
                        ("execute", facts.ExecutePaths, condition.Execute),
                    ]
            )
            {
                foreach (var path in granted)
                {
                    if (!IsUnderOne(path, most))
                    {
                        return ($"{kind}: nothing but {(most.Count > 0 ? most.ToString() : "none")}", path);
                    }
                }
            }
        }

        foreach (var callClass in condition.Refuse)
        {
            if (!IsAmong(callClass, asked.RefusedSystemCalls) && !IsAmong(callClass, SystemCallClasses.AlwaysRefused))
            {
                return ($"refuse: {callClass}", asked.RefusedSystemCalls.ToString());
            }
        }

        return null;
    }

    private static bool IsUnderOne(string path, ValueList<string> directories)
    {
        foreach (var directory in directories)
        {
            if (PathSegments.IsUnder(path, directory))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsAmong(string text, ValueList<string> texts)
    {
        foreach (var one in texts)
        {
            if (string.Equals(one, text, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    internal static RuleTarget RelationOf(TargetFacts target) =>
        target.Relation switch
        {
            TargetRelation.Own => target.IsGroup ? RuleTarget.OwnGroup : RuleTarget.OwnChild,
            TargetRelation.Attached => RuleTarget.Attached,
            TargetRelation.OtherPrincipal => RuleTarget.OtherPrincipal,
            _ => RuleTarget.Foreign,
        };

    private bool HasTarget(RuleTarget relation)
    {
        foreach (var entry in Rule.Target)
        {
            if (entry == relation)
            {
                return true;
            }
        }

        return false;
    }

    // A permission holds for every path, a prohibition for any.
    private bool HasPaths(PathCondition condition, ValueList<string> paths)
    {
        foreach (var path in paths)
        {
            var known = PathSegments.IsCanonical(path);
            var holds = known ? Holds(condition, path) : !Rule.IsPermit;
            if (holds != Rule.IsPermit)
            {
                return holds;
            }
        }

        return Rule.IsPermit;
    }

    private static bool IsOneOf(ValueList<string> entries, AccountFacts account)
    {
        foreach (var entry in entries)
        {
            if (
                string.Equals(entry, account.Name, StringComparison.Ordinal)
                || (
                    long.TryParse(
                        entry,
                        System.Globalization.NumberStyles.None,
                        System.Globalization.CultureInfo.InvariantCulture,
                        out var id
                    )
                    && id == account.Id
                )
            )
            {
                return true;
            }
        }

        return false;
    }

    private static bool Within(ResourceLimits most, ResourceLimits? asked) =>
        asked is not null
        && (most.MemoryBytes is null || asked.MemoryBytes <= most.MemoryBytes)
        && (most.CpuTime is null || asked.CpuTime <= most.CpuTime)
        && (most.CpuMillis is null || asked.CpuMillis <= most.CpuMillis)
        && (most.Processes is null || asked.Processes <= most.Processes)
        && (most.OpenFiles is null || asked.OpenFiles <= most.OpenFiles)
        && (most.FileSizeBytes is null || asked.FileSizeBytes <= most.FileSizeBytes)
        && (most.CoreDumpBytes is null || asked.CoreDumpBytes <= most.CoreDumpBytes);
}
