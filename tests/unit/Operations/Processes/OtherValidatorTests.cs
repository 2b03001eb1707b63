using FluentValidation;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations.Processes;

public sealed class OtherValidatorTests
{
    private static readonly ProcessRef OtherProcess = Samples.Process with { Pid = 5 };

    public static TheoryData<string, IOperation> Flawed =>
        new()
        {
            { "Spawn is missing.", new RunProcessOperation(null!) },
            { "Spawn.Program is empty.", new RunProcessOperation("") },
            { "Spawn.Lifetime can't be Detached in a run", Run(spawn => spawn.WithLifetime(ProcessLifetime.Detached)) },
            { "Spawn.StandardInput can't be a pipe in a run", Run(spawn => spawn.WithStandardInput(StandardInputKind.Pipe)) },
            { "Spawn.StandardOutput can't be a pipe in a run", Run(spawn => spawn.WithStandardOutput(StandardOutputConfig.Pipe)) },
            { "Spawn.StandardError can't be a pipe in a run", Run(spawn => spawn.WithStandardError(StandardOutputConfig.Pipe)) },
            { "Target is missing.", new ProcessSignalOperation(null!, Signal.Kill) },
            { "Target.Pid has to be greater than 1: 0, 1, -1 and negative ids", new ProcessSignalOperation(0, Signal.Kill) },
            { "Target.Pid has to be greater than 1", new ProcessSignalOperation(-42, Signal.Kill) },
            { "Target.Process is another process", new ProcessSignalOperation(new ProcessTarget(42, OtherProcess), Signal.Kill) },
            { "Signal is missing; a signal is 1 to 64.", new ProcessSignalOperation(42, default) },
            {
                "Group is given without TargetGroup.",
                new ProcessSignalOperation(4711, Signal.Kill) { Group = Samples.Group }
            },
            {
                "Group is another group",
                new ProcessSignalOperation(42, Signal.Kill) { Group = Samples.Group, TargetGroup = true }
            },
            { "Group.Leader is missing.", ProcessSignalOperation.ForGroup(Samples.Group with { Leader = null! }, Signal.Kill) },
            {
                "Group.Leader is not the process",
                ProcessSignalOperation.ForGroup(Samples.Group with { Leader = OtherProcess }, Signal.Kill)
            },
            { "Target.Process.BootId is no boot id.", new KillProcessOperation(Samples.Process with { BootId = null! }) },
            { "Target.Process.StartTime is negative.", new KillProcessOperation(Samples.Process with { StartTime = -1 }) },
            { "Target.Process.PidNamespace is negative.", new QueryProcessOperation(Samples.Process with { PidNamespace = -1 }) },
            {
                "StopSequence.Steps has to hold",
                new KillProcessOperation(42) { StopSequence = new() }
            },
            { "Target.Pgid has to be greater than 1", new KillProcessGroupOperation(-1) },
            { "Target.Group is another group", new KillProcessGroupOperation(new GroupTarget(5, Samples.Group)) },
            { "StopSequence.Steps[0] has to wait", new KillProcessGroupOperation(42).WithGracePeriod(TimeSpan.FromDays(2)) },
            { "Target is missing.", new AttachProcessOperation(null!) },
            { "Target.Pid has to be greater than 1", new AttachProcessOperation(0) },
            { "Lifetime", new AttachProcessOperation(42).WithLifetime((ProcessLifetime)7) },
            { "StopSequence.Steps has to hold", new AttachProcessOperation(42).WithStopSequence(new()) },
            { "Target is missing.", new ReleaseProcessOperation(null!) },
            { "Target.Pid has to be greater than 1", ReleaseProcessOperation.ForGroup(-1) },
            {
                "Group is given without TargetGroup.",
                new ReleaseProcessOperation(4711) { Group = Samples.Group }
            },
            { "Target is missing.", new QueryProcessOperation(null!) },
            { "Target is missing.", new QueryProcessGroupOperation(null!) },
            { "Target.Pgid has to be greater than 1", new QueryProcessGroupOperation(0) },
        };

    [Theory]
    [MemberData(nameof(Flawed))]
    public void A_flaw_is_named(string message, IOperation operation)
    {
        var kind = ProcessOperationKinds.All.Single(known => known.OperationClass == operation.GetType());
        Assert.Contains(kind.Validate(operation), failure => failure.StartsWith(message, StringComparison.Ordinal));

        // The journal keeps what was refused.
        Assert.NotEmpty(OperationJson.Write(operation, kind, WrittenForm.Audit));
    }

    [Fact]
    public void Id_1_has_the_right_shape_and_is_for_prepare_to_deny()
    {
        Assert.Empty(ProcessOperationKinds.Signal.Validate(new ProcessSignalOperation(1, Signal.Terminate)));
        Assert.Empty(ProcessOperationKinds.KillGroup.Validate(new KillProcessGroupOperation(1)));
    }

    [Fact]
    public void A_validator_of_ours_works_in_every_way_that_FluentValidation_calls_one()
    {
        var validator = ProcessOperationKinds.Kill.Validator;
        var flawed = new KillProcessOperation(0);
        Assert.False(validator.Validate(flawed).IsValid);
        Assert.False(validator.Validate(new ValidationContext<KillProcessOperation>(flawed)).IsValid);
        Assert.Throws<ValidationException>(() => validator.ValidateAndThrow(flawed));
        var including = new InlineValidator<KillProcessOperation>();
        including.Include(validator);
        Assert.False(including.Validate(flawed).IsValid);
        Assert.True(including.Validate(new KillProcessOperation(42)).IsValid);
    }

    [Fact]
    public async Task A_validator_of_ours_can_be_awaited()
    {
        var outcome = await ProcessOperationKinds.Kill.Validator.ValidateAsync(
            new KillProcessOperation(0),
            TestContext.Current.CancellationToken
        );
        Assert.Equal("Target.Pid", Assert.Single(outcome.Errors).PropertyName);
    }

    private static RunProcessOperation Run(Func<SpawnProcessOperation, SpawnProcessOperation> change) =>
        new(change(new SpawnProcessOperation("true")));
}
