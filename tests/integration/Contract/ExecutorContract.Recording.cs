using NSubstitute;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Audit;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    private List<AuditRecord> Journal() => ReadJournal(AuditDirectory);

    protected static List<AuditRecord> ReadJournal(string directory) =>
        [.. new AuditReader(directory).Read().Select(entry => entry.Record ?? throw new InvalidDataException(entry.Problem?.ToString()))];

    private IPolicy PolicyWhere(bool mayEver)
    {
        var policy = Substitute.For<IPolicy>();
        policy.SecurePath.Returns(A.SearchPath);
        policy.MayEver(default!, default!).ReturnsForAnyArgs(mayEver);
        return policy;
    }

    [Fact]
    public async Task A_run_is_recorded_from_its_intent_to_its_outcome_in_order()
    {
        var context = new OperationContext(Principal.Current, "nightly deploy");
        var run = await Osl.ExecuteAsync(A.Exit(3).Run(), context, Test).OrThrow();

        var records = Journal().Where(record => record.Operation == run.OperationId).ToList();

        Assert.Equal(
            [AuditRecordType.Intent, AuditRecordType.Started, AuditRecordType.Exit, AuditRecordType.Outcome],
            records.Select(record => record.Type)
        );
        var (intent, exit, outcome) = (records[0], records[2], records[3]);
        Assert.Equal("nightly deploy", intent.Reason);
        Assert.Equal("run_process", intent.OperationType);
        Assert.Equal("process.start", intent.Action);
        Assert.Equal(PolicyEffect.Allow, intent.Decision);
        Assert.Equal("builtin:start-as-self", intent.Rule);
        Assert.NotNull(intent.PolicyHash);
        Assert.True(intent.Executable!.Inode > 0);
        Assert.Equal(run.Pid, exit.Pid);
        Assert.Equal(3, exit.ExitCode);
        Assert.Equal(("succeeded", (int?)3), (outcome.Outcome, outcome.ExitCode));
    }

    [Fact]
    public async Task A_group_signal_is_recorded_with_its_target_and_how_many_it_reached()
    {
        var started = await StartAsync(A.Parent(1));
        var signalled = await Osl.ExecuteAsync(ProcessSignalOperation.ForGroup(started.Group!, Signal.Continue), Me, Test).OrThrow();

        var outcome = Journal().Last(record => record.Operation == signalled.OperationId);

        Assert.Equal("process_group_signal", outcome.OperationType);
        Assert.Equal(started.Pgid, outcome.TargetPgid);
        Assert.Equal(2, signalled.ProcessesAffected);
        Assert.Equal(signalled.ProcessesAffected, outcome.ProcessesAffected);
    }

    [Fact]
    public async Task A_refusal_is_one_record()
    {
        var invalid = await FailAsync(new KillProcessOperation(0));
        var missing = await FailAsync(new RunProcessOperation(A.MissingProgram));
        var denied = await FailAsync(new KillProcessOperation(A.SystemProcess));

        foreach (var error in new[] { invalid, missing, denied })
        {
            var record = Assert.Single(Journal(), record => record.Operation == error.OperationId);
            Assert.Equal((AuditRecordType.Refusal, error.Code), (record.Type, record.Outcome));
        }
    }

    [Fact]
    public async Task Secrets_reach_the_program_and_not_the_journal()
    {
        const string Secret = "hunter2-in-the-clear";
        var run = await Osl.ExecuteAsync(
                new RunProcessOperation(
                    A.PrintArguments([Argument.Secret(Secret), $"--password={Secret}"], "V")
                        .Spawn()
                        .WithEnvironmentVariable("V", Secret)
                        .WithCapturedOutput()
                ),
                Me,
                Test
            )
            .OrThrow();
        Assert.Equal($"{Secret}|--password={Secret}|{Secret}|", run.StandardOutput.Text);

        foreach (var file in Directory.EnumerateFiles(AuditDirectory))
        {
            // The host still writes: shared, since Windows asks for that.
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(open, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(Secret, await reader.ReadToEndAsync(Test), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nothing_starts_when_its_intent_can_not_be_written()
    {
        var journal = Substitute.For<IAuditJournal>();
        journal
            .AppendAsync(Arg.Any<AuditRecord>(), Arg.Any<AuditGuarantee>())
            .Returns(_ => ValueTask.FromResult<OneOf<AuditReceipt, OperationError>>(new AuditUnavailable("no space left")));
        await using var host = CreateHost(options => options.UseJournal(journal));
        var witness = Path.Combine(Scratch, "witness");

        var error = await FailAsync(A.Touch(witness).Run(), host: host);

        Assert.IsType<AuditUnavailable>(error);
        Assert.Equal(OperationEffect.None, error.Effect);
        Assert.False(File.Exists(witness));
    }

    [Fact]
    public async Task Ending_goes_ahead_when_the_journal_can_not_be_written()
    {
        var started = await StartAsync(A.Parent(1));
        var journal = Substitute.For<IAuditJournal>();
        var written = new TaskCompletionSource<OneOf<AuditReceipt, OperationError>>();
        journal.AppendAsync(Arg.Any<AuditRecord>(), Arg.Any<AuditGuarantee>()).Returns(_ => new(written.Task));
        await using var host = CreateHost(options => options.UseJournal(journal));

        var kill = host.ExecuteAsync(new KillProcessGroupOperation(started.Group!), Me, Test).AsTask();

        // Gone although not one write has been answered.
        A.AssertEndedBy(Signal.Kill, (await started.Live.Exited.WaitAsync(Test)).Status);
        written.SetResult(new AuditUnavailable("no space left"));
        var stopped = (await kill).OrThrow();
        Assert.Equal(2, stopped.Ended);
        Assert.False(stopped.OutcomeRecorded);
    }

    [Fact]
    public async Task Whatever_a_policy_throws_denies()
    {
        var policy = PolicyWhere(mayEver: true);
        policy.Decide(default!, default!, default!, default!).ReturnsForAnyArgs<PolicyDecision>(_ => throw new FormatException("secret"));
        await using var host = CreateHost(options => options.UsePolicy(policy));

        var denied = Assert.IsType<Denied>(await FailAsync(A.Nothing.Run(), host: host));

        Assert.Equal("osl:policy-error", denied.Rule);
        Assert.DoesNotContain("secret", denied.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_could_never_be_allowed_learns_nothing_of_what_exists()
    {
        var policy = PolicyWhere(mayEver: false);
        policy.Decide(default!, default!, default!, default!).ReturnsForAnyArgs(new PolicyDecision(PolicyEffect.Deny, "none", "no rule."));
        await using var host = CreateHost(options => options.UsePolicy(policy));

        var there = await FailAsync(A.Nothing.Run(), host: host);
        var missing = await FailAsync(new RunProcessOperation(A.MissingProgram), host: host);

        Assert.IsType<Denied>(there);
        Assert.IsType<Denied>(missing);
    }

    [Fact]
    public async Task What_needs_an_approval_is_not_done_without_one()
    {
        var policy = PolicyWhere(mayEver: true);
        policy
            .Decide(default!, default!, default!, default!)
            .ReturnsForAnyArgs(new PolicyDecision(PolicyEffect.RequireApproval, "ask", "somebody has to look."));
        var approver = Substitute.For<IApprover>();
        approver
            .ApproveAsync(Arg.Any<ApprovalRequest>(), Arg.Any<CancellationToken>())
            .Returns(new Approval(false, "boss", "not today"), new Approval(true, "boss", "fine"));
        await using var nobody = CreateHost(options => options.UsePolicy(policy));
        await using var host = CreateHost(options => options.UsePolicy(policy).UseApprover(approver));

        Assert.IsType<ApprovalRequired>(await FailAsync(A.Nothing.Run(), host: nobody));
        Assert.IsType<ApprovalRequired>(await FailAsync(A.Nothing.Run(), host: host));
        Assert.True((await host.ExecuteAsync(A.Nothing.Run(), Me, Test).OrThrow()).ExitStatus.IsSuccess);
        Assert.Equal(2, Journal().Count(record => record.Type == AuditRecordType.Approval));
    }

    [Fact]
    public async Task An_approver_that_fails_is_a_refusal_with_a_record()
    {
        var policy = PolicyWhere(mayEver: true);
        policy
            .Decide(default!, default!, default!, default!)
            .ReturnsForAnyArgs(new PolicyDecision(PolicyEffect.RequireApproval, "ask", "somebody has to look."));
        var approver = Substitute.For<IApprover>();
        approver
            .ApproveAsync(Arg.Any<ApprovalRequest>(), Arg.Any<CancellationToken>())
            .Returns<Approval>(_ => throw new InvalidOperationException("no line"));
        await using var host = CreateHost(options => options.UsePolicy(policy).UseApprover(approver));

        var error = Assert.IsType<ApprovalRequired>(await FailAsync(A.Nothing.Run(), host: host));

        Assert.Contains(Journal(), record => record.Operation == error.OperationId && record.Type == AuditRecordType.Refusal);
    }

    [Fact]
    public async Task What_an_approval_leads_to_is_judged_by_the_second_decision()
    {
        var policy = PolicyWhere(mayEver: true);
        policy
            .Decide(default!, default!, default!, default!)
            .ReturnsForAnyArgs(
                new PolicyDecision(PolicyEffect.RequireApproval, "ask", "somebody has to look."),
                new PolicyDecision(PolicyEffect.RequireApproval, "ask", "approved.") { DropVariables = [A.Home] }
            );
        var approver = Substitute.For<IApprover>();
        approver.ApproveAsync(Arg.Any<ApprovalRequest>(), Arg.Any<CancellationToken>()).Returns(new Approval(true, "boss", "fine"));
        await using var host = CreateHost(options => options.UsePolicy(policy).UseApprover(approver));

        var run = await host.ExecuteAsync(A.PrintVariables(A.Home).Run(), Me, Test).OrThrow();

        Assert.Equal("none\n", run.StandardOutput.Text);
        Assert.Equal("ask", Journal().First(record => record.Operation == run.OperationId && record.Type == AuditRecordType.Intent).Rule);
    }

    [Fact]
    public async Task An_approval_for_one_rule_is_none_for_another()
    {
        var policy = PolicyWhere(mayEver: true);
        policy
            .Decide(default!, default!, default!, default!)
            .ReturnsForAnyArgs(
                new PolicyDecision(PolicyEffect.RequireApproval, "first", "somebody has to look."),
                new PolicyDecision(PolicyEffect.RequireApproval, "second", "somebody else has to look.")
            );
        var approver = Substitute.For<IApprover>();
        approver.ApproveAsync(Arg.Any<ApprovalRequest>(), Arg.Any<CancellationToken>()).Returns(new Approval(true, "boss", "fine"));
        await using var host = CreateHost(options => options.UsePolicy(policy).UseApprover(approver));

        var error = Assert.IsType<ApprovalRequired>(await FailAsync(A.Nothing.Run(), host: host));

        Assert.Equal("second", error.Rule);
        Assert.Contains(Journal(), record => record.Operation == error.OperationId && record.Type == AuditRecordType.Refusal);
    }

    [Fact]
    public async Task A_stop_is_recorded_with_who_had_to_be_killed()
    {
        var started = await StartAsync(A.Stubborn());
        var stopped = await Osl.ExecuteAsync(
                new KillProcessGroupOperation(started.Group!).WithGracePeriod(TimeSpan.FromMilliseconds(100)),
                Me,
                Test
            )
            .OrThrow();

        var outcome = Journal().Last(record => record.Operation == stopped.OperationId);
        Assert.Equal(stopped.Ended, outcome.Ended);
        Assert.Equal(stopped.Forced, outcome.Forced);
        Assert.Equal("kill_process_group", stopped.Metadata["operation_type"]);
    }

    [Fact]
    public void A_policy_file_is_refused_and_never_ignored()
    {
        Assert.Throws<OslConfigurationException>(() => CreateHost(options => options.UsePolicyFile("no-such-policy.yaml")));
    }
}
