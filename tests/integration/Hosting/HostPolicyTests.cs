using System.Runtime.Versioning;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Osl.Testing;

namespace Osl.Tests.Integration.Hosting;

/// <summary>A host and its policy files: layers, reading again, dry runs, what an approval was given to.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostPolicyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-policy-").FullName;
    private readonly CollectingJournal _journal = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private string PolicyPath => Path.Join(_directory, "policy.yaml");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_policy_is_read_again_as_a_whole_or_not_at_all_and_both_hashes_are_recorded()
    {
        Write("rules: []");
        await using var host = CreateHost();
        var first = host.PolicyHash;
        Assert.IsType<Denied>((await host.RunAsync("true", [], Test)).AsT1);

        Write("rulez: []");
        var refused = (await host.ReloadPolicyAsync()).AsT0;
        Assert.Equal((first, first), (refused.Before, refused.After));
        Assert.Contains(refused.Refusal!.Problems, problem => problem.NearestKey is "rules");
        Write("rules: [{ id: any, effect: allow, actions: [process.start], executable: any, arguments: any }]");
        var reloaded = (await host.ReloadPolicyAsync()).AsT0;
        Assert.True(reloaded.Changed);
        Assert.Equal((first, host.PolicyHash), (reloaded.Before, reloaded.After));
        Assert.True((await host.RunAsync("true", [], Test)).IsT0);
        File.Delete(PolicyPath);
        Assert.NotNull((await host.ReloadPolicyAsync()).AsT0.Refusal);

        Assert.Equal(
            [(first, first, "refused"), (first, reloaded.After, "succeeded"), (reloaded.After, reloaded.After, "refused")],
            _journal
                .Records.Where(record => record.Type == AuditRecordType.Policy)
                .Select(record => (record.PreviousPolicyHash!, record.PolicyHash!, record.Outcome!))
        );
        Assert.Equal(reloaded.After, _journal.Records.Single(record => record.Type == AuditRecordType.Intent).PolicyHash);
    }

    [Fact]
    public async Task What_can_not_be_recorded_is_not_exchanged()
    {
        Write("rules: []");
        await using var host = CreateHost();
        var first = host.PolicyHash;
        Write("rules: [{ id: any, effect: allow, actions: [process.start], executable: any, arguments: any }]");
        _journal.Fail();

        Assert.IsType<AuditUnavailable>((await host.ReloadPolicyAsync()).AsT1);

        Assert.Equal(first, host.PolicyHash);
    }

    [Fact]
    public async Task A_stranger_is_attached_to_by_a_rule_for_strangers_and_ended_by_one_for_what_is_attached()
    {
        using var stranger = System.Diagnostics.Process.Start("/bin/sleep", "600");
        try
        {
            const string rule = "{ id: attach, effect: allow, actions: [process.attach], target: [foreign], elevated: true }";
            var attach = new AttachProcessOperation(stranger.Id);
            await using (var host = HostUnder("{ id: attach, effect: allow, actions: [process.attach], elevated: true }"))
            {
                // Whose target it is was not said: own ones.
                Assert.IsType<Denied>((await host.ExecuteAsync(attach, OperationContext.Current, Test)).AsT1);
            }

            await using var attaching = HostUnder(rule);
            var attached = await attaching.ExecuteAsync(attach, OperationContext.Current, Test).OrThrow();
            Assert.IsType<Denied>((await attached.Live.StopAsync(StopSequence.Immediate, Test)).AsT1);
            await using var ending = HostUnder("{ id: end, effect: allow, actions: [process.signal], target: [attached] }");
            var kill = new KillProcessOperation(attached.Process);
            Assert.Equal(1, (await ending.ExecuteAsync(kill, OperationContext.Current, Test).OrThrow()).Ended);
            await stranger.WaitForExitAsync(Test);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public void A_file_that_does_not_load_makes_no_host()
    {
        Write("rules: [{ id: a }]");

        var refused = Assert.Throws<OslConfigurationException>(CreateHost);

        Assert.Contains($"{PolicyPath}:2:", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_policy_is_exchanged_every_decision_is_one_of_the_two()
    {
        var closed = "rules: []";
        var open = "rules: [{ id: any, effect: allow, actions: [process.start], executable: any, arguments: any }]";
        Write(closed);
        await using var host = CreateHost();
        var closedHash = host.PolicyHash;
        using var done = new CancellationTokenSource();
        var exchanging = Task.Run(
            async () =>
            {
                for (var turn = 0; !done.IsCancellationRequested; turn++)
                {
                    Write(turn % 2 == 0 ? open : closed);
                    await host.ReloadPolicyAsync();
                }
            },
            Test
        );
        for (var i = 0; i < 300; i++)
        {
            var outcome = await host.RunAsync("true", [], Test);
            Assert.True(outcome.IsT0 || outcome.AsT1 is Denied, outcome.ToString());
        }

        await done.CancelAsync();
        await exchanging;
        Assert.All(
            _journal.Records.Where(record => record.Decision is not null),
            record =>
                Assert.Equal(record.Decision == PolicyEffect.Deny, string.Equals(record.PolicyHash, closedHash, StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task An_approval_is_not_one_for_another_policy()
    {
        Write("rules: [{ id: ask, effect: require-approval, actions: [process.start], executable: any, arguments: any }]");
        OslHost? asking = null;
        var approver = new Approver(async () =>
        {
            Write(
                "rules: [{ id: ask, effect: require-approval, actions: [process.start], executable: any, arguments: any, because: other }]"
            );
            await asking!.ReloadPolicyAsync();
        });
        await using var host = asking = CreateHost(options => options.UseApprover(approver));

        var error = Assert.IsType<ApprovalRequired>((await host.RunAsync("true", [], Test)).AsT1);
        Assert.Contains("changed", error.Message, StringComparison.Ordinal);
        // The second time it writes the same again, so that the answer is to what holds.
        Assert.True((await host.RunAsync("true", [], Test)).IsT0);
    }

    [Fact]
    public async Task A_dry_run_does_nothing_and_asks_nobody()
    {
        var asked = 0;
        var approver = new Approver(() =>
        {
            asked++;
            return Task.CompletedTask;
        });
        Write(
            "default: defer\nrules: [{ id: ask, effect: require-approval, actions: [process.start], executable: { name: [ls] }, arguments: any }]"
        );
        await using var host = CreateHost(options => options.UseDryRun().UseApprover(approver));
        var made = Path.Join(_directory, "made");

        var dry = (await host.RunAsync("touch", [made], Test)).AsT1;
        var ask = (await host.RunAsync("ls", [], Test)).AsT1;

        Assert.Equal("dry_run", dry.Code);
        Assert.Equal(OperationEffect.None, dry.Effect);
        Assert.IsType<ApprovalRequired>(ask);
        Assert.False(File.Exists(made));
        Assert.Equal(0, asked);
        Assert.Equal(["dry_run", "approval_required"], _journal.Records.Select(record => record.Outcome!), StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_child_gets_the_variables_and_the_path_that_were_decided()
    {
        Write(
            "securePath: [/usr/bin, /bin]\nrules: [{ id: env, effect: allow, actions: [process.start], executable: any, arguments: any, environment: { allow: [KEPT] } }]"
        );
        var policy = PolicyFile.Load(PolicyPath).AsT0;
        await using var host = OslHost.Create(options =>
            options.UseJournal(_journal).UseRegistryDirectory(Path.Join(_directory, "registry")).UsePolicy(policy)
        );
        var run = await host.ExecuteAsync(
                new RunProcessOperation("env") { Spawn = new RunProcessOperation("env").Spawn.WithEnvironmentVariable("KEPT", "1") },
                OperationContext.Current,
                Test
            )
            .OrThrow();

        var lines = run.StandardOutput.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("KEPT=1", lines, StringComparer.Ordinal);
        Assert.Contains("PATH=/usr/bin:/bin", lines, StringComparer.Ordinal);
        Assert.All(
            lines.Select(line => line.Split('=')[0]),
            name => Assert.True(name is "KEPT" or OperationId.MarkerVariable || SafeVariables.IsSafeInherited(name), name)
        );
        Assert.IsType<Denied>(
            (
                await host.ExecuteAsync(
                    new RunProcessOperation("env")
                    {
                        Spawn = new RunProcessOperation("env").Spawn.WithEnvironmentVariable("LD_PRELOAD", "/x.so"),
                    },
                    OperationContext.Current,
                    Test
                )
            ).AsT1
        );
    }

    private void Write(string text)
    {
        var next = PolicyPath + ".next";
        File.WriteAllText(next, $"version: 1\n{text}\n");
        File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(next, PolicyPath, overwrite: true);
    }

    /// <summary>A host with this policy alone.</summary>
    private OslHost HostUnder(string rule)
    {
        Write($"rules: [{rule}]");
        var policy = PolicyFile.Load(PolicyPath).AsT0;
        return OslHost.Create(options =>
            options.UseJournal(_journal).UseRegistryDirectory(Path.Join(_directory, "registry")).UsePolicy(policy)
        );
    }

    private OslHost CreateHost() => CreateHost(_ => { });

    private OslHost CreateHost(Action<OslHostOptions> configure) =>
        OslHost.Create(options =>
        {
            options.UseJournal(_journal).UseRegistryDirectory(Path.Join(_directory, "registry")).UsePolicyFile(PolicyPath);
            configure(options);
        });

    private sealed class Approver(Func<Task> whileAsked) : IApprover
    {
        public async ValueTask<Approval> ApproveAsync(ApprovalRequest request, CancellationToken cancellationToken)
        {
            await whileAsked();
            return new Approval(Granted: true, "boss", "fine");
        }
    }
}
