using FsCheck;
using FsCheck.Fluent;
using NSubstitute;
using Osl.Executors.Handlers;
using Osl.Hosting;
using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Tests.Unit.Handlers;

/// <summary>
/// No operation that is accepted, on any path through prepare, signals, ends, joins or even takes hold of pid or pgid 0, 1, -1,
/// oneself or one's own group: not even under a policy that allows everything.
/// </summary>
public sealed class ProtectedTargetsTests
{
    private const int Self = 4711;
    private const int OwnGroup = 4700;

    [Fact]
    public void No_accepted_operation_touches_a_protected_target()
    {
        var ids = Gen.OneOf(Gen.Elements(0, 1, -1, Self, OwnGroup, -Self, -OwnGroup, int.MinValue, int.MaxValue, 2), Gen.Choose(-10, 5000));
        var operations =
            from id in ids
            from exact in Gen.Elements(true, false)
            from kind in Gen.Choose(0, 9)
            from signal in Gen.Choose(1, 64)
            select Make(kind, id, exact, Signal.FromNumber(signal));

        Prop.ForAll(operations.ToArbitrary(), operation => Touched(operation).All(touched => !IsProtected(touched.Id, touched.IsGroup)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Theory]
    [InlineData(4712, false)]
    [InlineData(4712, true)]
    public void What_is_not_protected_is_reached(int id, bool isGroup)
    {
        IOperation operation = isGroup ? new KillProcessGroupOperation(id) : new KillProcessOperation(id);

        Assert.Contains((id, isGroup), Touched(operation));
    }

    private static bool IsProtected(int id, bool isGroup) => id <= 1 || (isGroup ? id == OwnGroup : id == Self);

    private static IOperation Make(int kind, int id, bool exact, Signal signal)
    {
        var reference = new ProcessRef(id, 1, "", 0);
        var process = exact ? new ProcessTarget(id, reference) : new ProcessTarget(id);
        var group = exact ? new GroupTarget(id, new GroupRef(id, reference, default)) : new GroupTarget(id);
        return kind switch
        {
            0 => new ProcessSignalOperation(process, signal),
            1 => ProcessSignalOperation.ForGroup(group, signal),
            2 => new KillProcessOperation(process),
            3 => new KillProcessOperation(process).WithGracePeriod(TimeSpan.FromSeconds(1)),
            4 => new KillProcessGroupOperation(group),
            5 => new KillProcessGroupOperation(group).WithSignal(signal, TimeSpan.FromSeconds(1)),
            6 => new AttachProcessOperation(process),
            7 => new ReleaseProcessOperation(process),
            8 => ReleaseProcessOperation.ForGroup(group),
            _ => new SpawnProcessOperation("x").WithProcessGroup(group),
        };
    }

    private static List<(int Id, bool IsGroup)> Touched(IOperation operation)
    {
        var platform = new RecordingPlatform(Self, OwnGroup);
        var pipeline = Pipeline(platform);
        _ = operation switch
        {
            ProcessSignalOperation signal => Execute(pipeline, signal),
            KillProcessOperation kill => Execute(pipeline, kill),
            KillProcessGroupOperation kill => Execute(pipeline, kill),
            SpawnProcessOperation spawn => Execute(pipeline, spawn),
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };
        return [.. platform.Held, .. platform.Signals.Select(signal => (signal.Id, signal.IsGroup))];
    }

    private static bool Execute<TResult>(OperationPipeline pipeline, IOperation<TResult> operation)
        where TResult : ExecutionResult =>
        pipeline.ExecuteAsync(operation, OperationContext.Current).AsTask().GetAwaiter().GetResult().IsT0;

    private static OperationPipeline Pipeline(RecordingPlatform platform)
    {
        var policy = Substitute.For<IPolicy>();
        policy.MayEver(default!, default!).ReturnsForAnyArgs(true);
        policy.Decide(default!, default!, default!, default!).ReturnsForAnyArgs(new PolicyDecision(PolicyEffect.Allow, "all", "all"));
        var journal = Substitute.For<IAuditJournal>();
        journal.AppendAsync(default!, default).ReturnsForAnyArgs(_ => new(new AuditReceipt(0)));
        var recorder = new Recorder(journal, new AuditRecords(new HostProcess(Self, 0, null), policy), false, TimeProvider.System);
        var services = new HandlerServices(
            platform,
            new EverythingIsMine(Principal.Current.Name),
            Substitute.For<IProcessObserver>(),
            TimeProvider.System,
            new InheritedEnvironment(new Dictionary<string, string>(StringComparer.Ordinal))
        );
        return new OperationPipeline(
            new OperationCatalog(ProcessOperationDefinitions.Create(services)),
            new Admission(),
            new Authorisation(policy, null, recorder),
            new ResilienceStage(TimeProvider.System),
            recorder,
            TimeProvider.System
        );
    }
}
