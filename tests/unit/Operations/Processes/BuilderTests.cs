using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations.Processes;

public sealed class BuilderTests
{
    private static readonly SpawnProcessOperation Plain = new("git");

    [Fact]
    public void A_plain_spawn_asks_for_nothing_special()
    {
        Assert.Equal(ProcessGroupPlacement.Inherit, Plain.ProcessGroup.Placement);
        Assert.Equal(ProcessLifetime.Managed, Plain.Lifetime);
        Assert.Equal(StandardInputKind.Null, Plain.StandardInput);
        Assert.Equal(StandardOutputConfig.Inherit, Plain.StandardOutput);
        Assert.Equal(EnvironmentConfig.Inherited, Plain.Environment);
        Assert.Equal(StopSequence.Default, Plain.StopSequence);
        Assert.Equal(Containment.None, Plain.Containment);
    }

    [Fact]
    public void Building_leaves_the_original_as_it_was()
    {
        _ = Plain.WithArgument("x").WithNewProcessGroup().WithCleanEnvironment().WithTimeLimit(TimeSpan.FromSeconds(1));
        Assert.Equal(new SpawnProcessOperation("git"), Plain);
    }

    [Fact]
    public void Arguments_are_added_in_order()
    {
        var built = Plain.WithArgument("a").WithArguments(["b", "c"]).WithArgument(Argument.Secret("d"));
        Assert.Equal(["a", "b", "c", Argument.Secret("d")], built.Arguments);
        Assert.Equal(new SpawnProcessOperation("git", ["a", "b", "c", Argument.Secret("d")]), built);
    }

    [Fact]
    public void A_group_is_inherited_made_or_joined()
    {
        Assert.Equal(ProcessGroupConfig.NewGroup, Plain.WithNewProcessGroup().ProcessGroup);
        Assert.Equal(ProcessGroupConfig.JoinGroup(42), Plain.WithProcessGroup(42).ProcessGroup);
        Assert.Equal(Samples.Group, Plain.WithProcessGroup(Samples.Group).ProcessGroup.Target?.Group);
        Assert.Equal(ProcessGroupConfig.Inherit, (Plain with { ProcessGroup = null! }).ProcessGroup);
        Assert.Null(ProcessGroupConfig.NewGroup.Target);
    }

    [Fact]
    public void Of_two_mentions_of_a_variable_the_last_counts()
    {
        Assert.Equal(
            [new EnvironmentVariable("A", "2")],
            Plain.WithEnvironmentVariable("A", "1").WithEnvironmentVariable("A", "2").Environment.Set
        );
        var unset = Plain.WithEnvironmentVariable("A", "1").WithoutEnvironmentVariable("A").WithoutEnvironmentVariable("A").Environment;
        Assert.Empty(unset.Set);
        Assert.Equal(["A"], unset.Unset);
        var set = Plain.WithoutEnvironmentVariable("A").WithEnvironmentVariable("A", "1");
        Assert.Empty(set.Environment.Unset);
        Assert.Empty(ProcessOperationKinds.Spawn.Validate(set));
    }

    [Fact]
    public void Each_With_sets_its_member()
    {
        Assert.True(Plain.WithDetachFromTerminal().DetachFromTerminal);
        Assert.True(Plain.WithForegroundTerminal().ForegroundTerminal);
        Assert.True(Plain.WithCleanEnvironment().Environment.Clean);
        Assert.Equal("/x", Plain.WithWorkingDirectory("/x").WorkingDirectory);
        Assert.Equal(StandardInputKind.Pipe, Plain.WithStandardInput(StandardInputKind.Pipe).StandardInput);
        Assert.Equal(StandardOutputConfig.Pipe, Plain.WithStandardOutput(StandardOutputConfig.Pipe).StandardOutput);
        Assert.Equal(StandardOutputConfig.SameAsOutput, Plain.WithStandardError(StandardOutputConfig.SameAsOutput).StandardError);
        Assert.Equal(7, Plain.WithCapturedOutput(7).StandardError.CaptureLimit);
        Assert.Equal(ProcessLifetime.Detached, Plain.WithLifetime(ProcessLifetime.Detached).Lifetime);
        Assert.Equal(TimeSpan.FromSeconds(3), Plain.WithTimeLimit(TimeSpan.FromSeconds(3)).TimeLimit);
        Assert.Equal(StopSequence.Immediate, Plain.WithStopSequence(StopSequence.Immediate).StopSequence);
        Assert.Equal(StopSequence.Graceful(TimeSpan.FromSeconds(3)), Plain.WithGracePeriod(TimeSpan.FromSeconds(3)).StopSequence);
    }

    [Fact]
    public void A_run_makes_a_group_and_captures_unless_told_otherwise()
    {
        var run = new RunProcessOperation("git", ["status"]);
        Assert.Equal(Plain.WithArgument("status").WithNewProcessGroup().WithCapturedOutput(), run.Spawn);
        Assert.Same(Plain, new RunProcessOperation(Plain).Spawn);
        Assert.Equal("run git status", run.ToString());
    }

    [Fact]
    public void A_signal_for_a_group_names_its_leader_and_the_group()
    {
        var byNumber = ProcessSignalOperation.ForGroup(42, Signal.Terminate);
        Assert.Equal((42, true, null), (byNumber.Target.Pid, byNumber.TargetGroup, byNumber.Group));
        var byReference = ProcessSignalOperation.ForGroup(Samples.Group, Signal.Terminate);
        Assert.Equal(Samples.Group, byReference.Group);
        Assert.Equal("SIGTERM to group 4711", byReference.ToString());
        Assert.Equal("SIGTERM to process 5", new ProcessSignalOperation(5, Signal.Terminate).ToString());
    }

    [Fact]
    public void Stop_sequences_end_with_a_kill()
    {
        var graceful = StopSequence.Graceful(TimeSpan.FromSeconds(5));
        Assert.Equal([Signal.Terminate, Signal.Kill], graceful.Steps.Select(step => step.Signal));
        Assert.Equal(StopSequence.Immediate, StopSequence.Starting(Signal.Kill, TimeSpan.FromSeconds(5)));
        Assert.Equal("SIGTERM 5 s, SIGKILL 10 s", graceful.ToString());
        Assert.Equal(graceful, new KillProcessGroupOperation(42).WithGracePeriod(TimeSpan.FromSeconds(5)).StopSequence);
        Assert.Equal(
            Signal.Interrupt,
            new KillProcessGroupOperation(42).WithSignal(Signal.Interrupt, TimeSpan.FromSeconds(5)).StopSequence.Steps[0].Signal
        );
    }

    [Fact]
    public void The_table_of_kinds_has_one_line_for_each_and_says_what_the_audit_calls_it()
    {
        var kinds = ProcessOperationKinds.All;
        Assert.Equal(kinds.Count, kinds.Select(kind => kind.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(kinds.Count, kinds.Select(kind => kind.OperationClass).Distinct().Count());
        Assert.Equal("process_group_signal", ProcessOperationKinds.Signal.TypeOf(ProcessSignalOperation.ForGroup(42, Signal.Kill)));
        Assert.Equal("process_signal", ProcessOperationKinds.Signal.TypeOf(new ProcessSignalOperation(42, Signal.Kill)));
        Assert.Equal(
            ["process_signal", "kill_process", "kill_process_group"],
            kinds.Where(kind => kind.NeverWaitsForJournal).Select(kind => kind.Name),
            StringComparer.Ordinal
        );
    }
}
