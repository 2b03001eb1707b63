using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;

namespace Osl.Tests.Unit.Policies;

public sealed class BuiltInPolicyTests
{
    private static readonly ExecutableFacts Program = new("x", "/x", "/x", 1, 1, 0, 0, null);

    // With a drive on Windows.
    private static readonly string First = Path.GetFullPath("/usr/bin");
    private static readonly string Second = Path.GetFullPath("/bin");
    private readonly BuiltInPolicy _policy = new(string.Join(Path.PathSeparator, First, ".", "", "relative", Second, First));

    [Fact]
    public void Names_are_looked_for_in_absolute_directories_only() => Assert.Equal([First, Second], _policy.SecurePath);

    [Fact]
    public void A_program_may_be_started_as_the_host_itself() =>
        Assert.Equal(PolicyEffect.Allow, Decide(ProcessActions.Start, new OperationFacts { Executable = Program }).Effect);

    [Theory]
    [InlineData(TargetRelation.Own, PolicyEffect.Allow)]
    [InlineData(TargetRelation.Attached, PolicyEffect.Allow)]
    [InlineData(TargetRelation.OtherPrincipal, PolicyEffect.Deny)]
    [InlineData(TargetRelation.Foreign, PolicyEffect.Deny)]
    public void A_target_is_judged_by_whose_it_is(TargetRelation relation, PolicyEffect effect)
    {
        var facts = new OperationFacts { Executable = Program, Target = new TargetFacts(4711, true, relation, 1) };

        Assert.Equal(effect, Decide(ProcessActions.Signal, facts).Effect);
        Assert.Equal(effect, Decide(ProcessActions.Inspect, facts).Effect);
        Assert.Equal(effect, Decide(ProcessActions.Start, facts).Effect);
    }

    [Fact]
    public void Elevation_is_denied() =>
        Assert.Equal(
            "builtin:elevation",
            Decide(
                ProcessActions.Signal,
                new OperationFacts { Target = new TargetFacts(4711, true, TargetRelation.Own, 1), RequiresElevation = true }
            ).Rule
        );

    [Theory]
    [InlineData("process.start")]
    [InlineData("process.signal")]
    [InlineData("process.attach")]
    [InlineData("process.inspect")]
    [InlineData("process.something-new")]
    [InlineData("file.set-mode")]
    public void Without_facts_nothing_is_allowed(string action) =>
        Assert.Equal(PolicyEffect.Deny, Decide(new PolicyAction(action), OperationFacts.None).Effect);

    [Fact]
    public void A_custom_action_is_allowed_by_name_and_a_process_action_is_not()
    {
        var action = new PolicyAction("file.set-mode");
        var opened = _policy.Allowing(action);

        Assert.False(_policy.MayEver(Principal.Current, action));
        Assert.True(opened.MayEver(Principal.Current, action));
        Assert.False(opened.MayEver(Principal.Current, new PolicyAction("process.something-new")));
        Assert.False(string.Equals(_policy.Hash, opened.Hash, StringComparison.Ordinal));
        Assert.Throws<ArgumentException>(() => _policy.Allowing(ProcessActions.Signal));
    }

    private PolicyDecision Decide(PolicyAction action, OperationFacts facts) =>
        _policy.Decide(action, new KillProcessOperation(4711), OperationContext.Current, facts);
}
