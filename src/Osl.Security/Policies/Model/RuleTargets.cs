using Osl.Operations.Facts;

namespace Osl.Security.Policies;

/// <summary>The words for whose a target is, as policy files write them, and the facts they stand for.</summary>
public static class RuleTargets
{
    /// <summary>Every word: <c>own-child</c>, <c>own-group</c>, …</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Keywords.Targets.Keys];

    /// <summary>Reads a word.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>Null when it is none.</returns>
    public static RuleTarget? Find(string name) => Keywords.Targets.TryGetValue(name, out var target) ? target : null;

    /// <summary>What prepare finds out of such a target, for a question about one that need not be there: one process, or a group of one.</summary>
    /// <param name="target">Whose it is.</param>
    public static TargetFacts ToFacts(this RuleTarget target) =>
        target switch
        {
            RuleTarget.OwnChild => new TargetFacts(2, IsGroup: false, TargetRelation.Own, 1),
            RuleTarget.OwnGroup => new TargetFacts(2, IsGroup: true, TargetRelation.Own, 1),
            RuleTarget.Attached => new TargetFacts(2, IsGroup: false, TargetRelation.Attached, 1),
            RuleTarget.OtherPrincipal => new TargetFacts(2, IsGroup: false, TargetRelation.OtherPrincipal, 1),
            _ => new TargetFacts(2, IsGroup: false, TargetRelation.Foreign, 1),
        };
}
