using Osl.Supervision.Trees;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Trees;

/// <summary>The strategies, the kinds and the intensity, event by event.</summary>
public sealed class SupervisorCoreTests
{
    private const ChildKind P = ChildKind.Permanent;
    private const ChildKind T = ChildKind.Transient;
    private const ChildKind O = ChildKind.Temporary;

    /// <summary>What becomes of a child that has ended unasked.</summary>
    [Theory]
    [InlineData(P, true, "Waiting")]
    [InlineData(P, false, "Waiting")]
    [InlineData(T, true, "Waiting")]
    [InlineData(T, false, "Ended")]
    [InlineData(O, true, "Failed")]
    [InlineData(O, false, "Ended")]
    public void A_kind_says_after_which_ends_it_is_started_again(ChildKind kind, bool failed, string state)
    {
        var world = Up(RestartStrategy.OneForOne, kind);
        world.End("a", failed);
        // Not before its processes are gone.
        Assert.Equal("a:Running", world.States);
        world.Cleaned("a");
        Assert.Equal($"a:{state}", world.States);
    }

    [Fact]
    public void One_for_one_starts_that_one_again_and_leaves_the_others()
    {
        var world = Up(RestartStrategy.OneForOne, P, P, P);
        world.Die("b");
        world.Waited("b");
        Assert.Equal("a:Running b:Starting c:Running", world.States);
        Assert.Equal(["start a", "start b", "start c", "clean b", "start b"], world.Log, StringComparer.Ordinal);
    }

    [Fact]
    public void One_for_all_ends_the_others_in_reverse_and_starts_all_in_order()
    {
        var world = Up(RestartStrategy.OneForAll, P, P, P);
        world.Log.Clear();
        world.Die("b");
        Assert.Equal("a:Running b:Waiting c:Stopping", world.States);
        world.Die("c", failed: false);
        Assert.Equal("a:Stopping b:Waiting c:Ended", world.States);
        world.WaitedTogether();
        world.Die("a", failed: false);
        Assert.Equal("a:Starting b:Waiting c:Ended", world.States);
        world.Up("a");
        world.Up("b");
        world.Up("c");
        Assert.Equal("a:Running b:Running c:Running", world.States);
        Assert.Equal(
            ["clean b", "stop c", "clean c", "stop a", "clean a", "start a", "start b", "start c"],
            world.Log,
            StringComparer.Ordinal
        );
    }

    [Fact]
    public void Rest_for_one_leaves_those_before_it()
    {
        var world = Up(RestartStrategy.RestForOne, P, P, P);
        world.Log.Clear();
        world.Die("b");
        world.Die("c", failed: false);
        world.WaitedTogether();
        world.Up("b");
        world.Up("c");
        Assert.Equal("a:Running b:Running c:Running", world.States);
        Assert.Equal(["clean b", "stop c", "clean c", "start b", "start c"], world.Log, StringComparer.Ordinal);
    }

    [Fact]
    public void An_earlier_one_that_fails_meanwhile_makes_the_restart_reach_further()
    {
        var world = Up(RestartStrategy.RestForOne, P, P, P);
        world.Die("b");
        world.Die("a");
        world.Die("c", failed: false);
        Assert.Equal("a:Waiting b:Waiting c:Ended", world.States);
        world.WaitedTogether();
        world.Up("a");
        world.Up("b");
        Assert.Equal("a:Running b:Running c:Starting", world.States);
    }

    [Fact]
    public void Who_leaves_while_it_waits_leaves_those_before_it_alone()
    {
        var world = Up(RestartStrategy.RestForOne, P, P, P);
        world.Log.Clear();
        world.Die("b");
        world.Remove(1);
        Assert.Equal("a:Running c:Stopping", world.States);
        world.Die("c", failed: false);
        world.WaitedTogether();
        world.Up("c");
        Assert.Equal("a:Running c:Running", world.States);
        Assert.Equal(["clean b", "stop c", "clean c", "start c"], world.Log, StringComparer.Ordinal);
    }

    [Fact]
    public void When_the_last_one_leaves_while_it_waits_the_restart_is_over()
    {
        var world = Up(RestartStrategy.RestForOne, P, P);
        world.Die("b");
        world.Remove(1);
        Assert.Equal("a:Running", world.States);
        world.WaitedTogether();
        Assert.Equal("a:Running", world.States);
        // And who comes or fails afterwards is started.
        world.Add("c", P);
        world.Up("c");
        world.Die("c");
        world.WaitedTogether();
        world.Up("c");
        Assert.Equal("a:Running c:Running", world.States);
    }

    [Fact]
    public void Who_leaves_and_is_abandoned_holds_up_nobody_who_waits_until_all_are_up()
    {
        var world = new CoreWorld(RestartStrategy.OneForOne, 5, P, P);
        world.Remove(0);
        world.GraceOver("a");
        world.Cleaned("a");
        Assert.Equal("a:Abandoned b:Starting", world.States);
        Assert.False(world.IsUp);
        world.Up("b");
        Assert.True(world.IsUp);
    }

    [Fact]
    public void Temporary_ones_end_with_the_others_and_stay_ended()
    {
        var world = Up(RestartStrategy.OneForAll, P, O);
        world.Die("a");
        world.Die("b", failed: false);
        world.WaitedTogether();
        world.Up("a");
        Assert.Equal("a:Running b:Ended", world.States);
    }

    [Fact]
    public void Each_is_started_when_the_one_before_is_up()
    {
        var world = new CoreWorld(RestartStrategy.RestForOne, 5, P, P);
        Assert.Equal("a:Starting b:Idle", world.States);
        Assert.False(world.IsUp);
        world.Up("a");
        world.Up("b");
        Assert.True(world.IsUp);
    }

    [Fact]
    public void One_restart_too_many_of_all_children_together_and_it_gives_up()
    {
        var world = new CoreWorld(RestartStrategy.OneForOne, 2, P, P);
        foreach (var name in (string[])["a", "b"])
        {
            world.Die(name);
            world.Waited(name);
        }

        world.Die("a");
        Assert.Equal(("a", "more than 2 restarts within 60 s"), (world.Core.Failure!.Child, world.Core.Failure.Reason));
        Assert.Null(world.Outcome);
        world.Die("b", failed: false);
        Assert.Equal("gave up on child 'a': more than 2 restarts within 60 s; at last: boom", world.Outcome!.ToString());
    }

    [Fact]
    public void Who_left_a_process_that_can_not_be_ended_is_not_started_beside_it()
    {
        var world = Up(RestartStrategy.OneForOne, P);
        world.End("a");
        world.LeftSurvivors("a");
        Assert.Equal("a:Failed", world.States);
        Assert.Equal("a", Assert.Single(world.Outcome!.Survivors).Child);
        Assert.StartsWith("process 1000 is left of its last run", world.Outcome.Failure!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_does_not_end_in_its_time_is_abandoned_its_processes_are_ended_and_it_is_named()
    {
        var world = Up(RestartStrategy.OneForAll, P, P);
        world.Stop();
        world.GraceOver("b");
        Assert.Equal("a:Running b:Abandoned", world.States);
        world.Cleaned("b");
        world.Die("a", failed: false);
        Assert.Equal(["b"], world.Outcome!.Abandoned, StringComparer.Ordinal);
        world.End("b", failed: false);
        Assert.Equal("a:Ended b:Ended", world.States);
    }

    [Fact]
    public void Who_was_abandoned_can_not_be_started_again_with_the_others()
    {
        var world = Up(RestartStrategy.OneForAll, P, P);
        world.Die("a");
        world.GraceOver("b");
        world.Cleaned("b");
        Assert.Equal("b", world.Outcome!.Failure!.Child);
        Assert.Equal("a:Ended b:Abandoned", world.States);
    }

    [Fact]
    public void The_end_does_not_wait_for_a_wait()
    {
        var world = Up(RestartStrategy.OneForOne, P);
        world.Die("a");
        world.Stop();
        Assert.Equal("a:Ended", world.States);
        Assert.True(world.Outcome!.IsSuccess);
    }

    private static CoreWorld Up(RestartStrategy strategy, params ChildKind[] children)
    {
        var world = new CoreWorld(strategy, 5, children);
        for (var i = 0; i < children.Length; i++)
        {
            world.Up($"{(char)('a' + i)}");
        }

        Assert.True(world.IsUp);
        return world;
    }
}
