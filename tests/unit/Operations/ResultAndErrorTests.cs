using System.Reflection;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations;

public sealed class ResultAndErrorTests
{
    private static readonly OperationError[] Errors =
    [
        new ValidationFailed(["Program is empty."]),
        new Denied("r", "b.", "w."),
        new ApprovalRequired("r", "b."),
        new Unsupported("x", "y."),
        new NotFound("x", "y."),
        new StaleProcess("x"),
        new PermissionRefused("x", "y."),
        new SpawnFailed("x", 8, "ENOEXEC", "y."),
        new LimitUnavailable("x", "y"),
        new TimedOut(TimeSpan.FromSeconds(1), null),
        new StopFailed([Samples.Process], null),
        new AuditUnavailable("x"),
        new OperationFailed("chmod_failed", "x.", "y."),
    ];

    [Fact]
    public void Each_error_has_a_code_of_its_own_and_says_what_to_do()
    {
        Assert.Equal(Errors.Length, Errors.Select(error => error.Code).Distinct(StringComparer.Ordinal).Count());
        Assert.All(Errors, error => Assert.Matches("^[a-z]+(_[a-z]+)*$", error.Code));
        Assert.All(Errors, error => Assert.EndsWith(".", error.Message, StringComparison.Ordinal));
        Assert.All(Errors, error => Assert.EndsWith(".", error.Remedy, StringComparison.Ordinal));
        Assert.All(Errors, error => Assert.Equal(OperationEffect.None, error.Effect));
    }

    [Fact]
    public void The_set_of_errors_is_closed()
    {
        var cases = typeof(OperationError).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(OperationError))).ToArray();
        Assert.Equal(Errors.Select(error => error.GetType()).ToHashSet(), cases.ToHashSet());
        Assert.All(cases, type => Assert.True(type.IsSealed));

        // A record also has a copy constructor, which another assembly could call only with an error of the set.
        var constructors = typeof(OperationError).GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);
        Assert.All(
            constructors.Where(constructor =>
                constructor.GetParameters() is not [{ ParameterType: var only }] || only != typeof(OperationError)
            ),
            constructor => Assert.True(constructor.IsFamilyAndAssembly)
        );
    }

    [Fact]
    public void A_spawn_says_what_it_is_by_the_seeds_names()
    {
        var leader = new SpawnProcessResult(Samples.Process, 4711) { Group = Samples.Group };
        Assert.True(leader.IsGroupLeader);
        Assert.Equal(Metadata(("pid", "4711"), ("pgid", "4711"), ("is_group_leader", "true")), leader.Metadata);
        Assert.Equal(
            Metadata(("pid", "4711"), ("pgid", "9"), ("is_group_leader", "false"), ("job_id", "osl-1")),
            new SpawnProcessResult(Samples.Process, 9) { JobId = "osl-1" }.Metadata
        );
        Assert.Throws<InvalidOperationException>(() => leader.Live);
    }

    [Fact]
    public void Signals_and_stops_say_whom_they_met()
    {
        Assert.Equal(Metadata(("target_pgid", "5"), ("processes_affected", "3")), new ProcessSignalResult(5, IsGroup: true, 3).Metadata);
        Assert.Equal(Metadata(("pid", "5"), ("processes_affected", "1")), new ProcessSignalResult(5, IsGroup: false, 1).Metadata);
        Assert.Equal(Metadata(("target_pgid", "5"), ("processes_affected", "3")), new StopResult(5, IsGroup: true, 3, 3, 0).Metadata);
        Assert.Equal(Metadata(("target_pgid", "5")), new QueryProcessGroupResult(5, [], []).Metadata);
    }

    [Fact]
    public void A_run_that_failed_is_a_result_until_somebody_wants_an_exception()
    {
        var exit = new ProcessExit(Samples.Process, new ExitStatus(null, Signal.Kill), default, default, 0);
        var run = new RunProcessResult(Samples.Process, 4711, exit, CapturedOutput.Empty, CapturedOutput.Empty);
        Assert.Equal("ended by SIGKILL", run.Metadata["exit"]);
        Assert.Equal(137, run.ExitStatus.ShellCode);
        Assert.Equal(OperationEffect.Happened, Assert.Throws<OperationException>(run.EnsureSuccess).Error.Effect);
        var fine = run with { Exit = exit with { Status = new ExitStatus(0) } };
        Assert.Same(fine, fine.EnsureSuccess());
    }

    private static Dictionary<string, string> Metadata(params (string Name, string Value)[] values) =>
        values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal);
}
