using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

public sealed class PolicyDecisionTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-policy-").FullName;

    private static readonly string GitPath = PolicyPaths.Here("/usr/bin/git");

    private static readonly SpawnProcessOperation Status = new("git", ["status"]);

    private static OperationFacts Facts =>
        new()
        {
            Executable = new ExecutableFacts("git", GitPath, GitPath, 1, 1, 0, 0x1ed, null),
            RealWorkingDirectory = PolicyPaths.Here("/srv/repos/x"),
            EnvironmentNames = ["HOME", "LANG", "LD_PRELOAD", "PATH", "SECRET"],
        };

    [Fact]
    public void Inherited_variables_that_a_rule_does_not_admit_are_dropped_and_path_is_the_secure_one()
    {
        var policy = Git(rule => rule);
        var decision = Ask(policy, Status, Facts);

        Assert.Equal(PolicyEffect.Allow, decision.Effect);
        Assert.Equal(["LD_PRELOAD", "SECRET"], decision.DropVariables);
        Assert.Equal(string.Join(Path.PathSeparator, policy.SecurePath), decision.ChildPath);
        Assert.Equal(policy.Hash, decision.PolicyHash);
    }

    [Theory]
    [InlineData("LANG", true)]
    [InlineData("LC_ALL", true)]
    [InlineData("HOME", false)]
    [InlineData("PATH", false)]
    [InlineData("LD_PRELOAD", false)]
    [InlineData("X", false)]
    public void Variables_that_are_asked_for_have_to_be_admitted(string name, bool allowed)
    {
        var asks = Status.WithEnvironmentVariable(name, "v");
        var facts = Facts with { EnvironmentNames = Facts.EnvironmentNames.Add(name) };

        Assert.Equal(allowed ? PolicyEffect.Allow : PolicyEffect.Deny, Ask(Git(rule => rule), asks, facts).Effect);
        Assert.Equal(PolicyEffect.Allow, Ask(Git(rule => rule with { Environment = EnvironmentCondition.Anything }), asks, facts).Effect);
        Assert.Equal(
            PolicyEffect.Deny,
            Ask(Git(rule => rule with { Environment = new EnvironmentCondition { Deny = [name] } }), asks, facts).Effect
        );
    }

    [Fact]
    public void An_approval_is_not_got_round_by_asking_for_worse()
    {
        var policy = new PolicyBuilder()
            .Allow("free", rule => Start(rule) with { Environment = EnvironmentCondition.Anything })
            .RequireApproval("ask", Start)
            .Compile()
            .AsT0;

        Assert.Equal(PolicyEffect.RequireApproval, Ask(policy, Status, Facts).Effect);
        var worse = Ask(policy, Status.WithEnvironmentVariable("LD_PRELOAD", "/x.so"), Facts);
        Assert.Equal((PolicyEffect.Deny, "ask"), (worse.Effect, worse.Rule));
    }

    [Theory]
    [InlineData("deploy", true)]
    [InlineData("1001", true)]
    [InlineData("root", false)]
    public void An_account_is_the_same_by_name_and_number(string user, bool allowed)
    {
        var policy = Git(rule =>
            rule with
            {
                RunAs = new RunAsCondition { Users = [user] },
                Elevated = true,
            }
        );
        var facts = Facts with { RunAs = new RunAsFacts(new AccountFacts("deploy", 1001)), RequiresElevation = true };
        var operation = Status with { RunAs = new RunAs("deploy") };

        Assert.Equal(allowed ? PolicyEffect.Allow : PolicyEffect.Deny, Ask(policy, operation, facts).Effect);
        Assert.Equal(
            PolicyEffect.Deny,
            Ask(Git(rule => rule with { RunAs = new RunAsCondition { Users = [user] } }), operation, facts).Effect
        );
        Assert.Equal(CompiledPolicy.UnknownRule, Ask(policy, operation, facts with { RunAs = null }).Rule);
        var group = facts with { RunAs = facts.RunAs! with { ForeignGroups = [new AccountFacts("disk", 6)] } };
        Assert.Equal(PolicyEffect.Deny, Ask(policy, operation, group).Effect);
    }

    [Fact]
    public void A_digest_and_a_script_count_on_a_trusted_path_only()
    {
        var digest = new string('a', 64);
        var policy = Git(rule => rule with { Executable = rule.Executable! with { Sha256 = digest } });
        var plain = Facts.Executable!;

        Assert.True(policy.WantsDigest(plain.CanonicalPath));
        Assert.Equal(
            PolicyEffect.Allow,
            Ask(policy, Status, Facts with { Executable = plain with { Sha256 = digest, IsTrusted = true } }).Effect
        );
        Assert.Equal(PolicyEffect.Deny, Ask(policy, Status, Facts with { Executable = plain with { Sha256 = digest } }).Effect);
        Assert.Equal(
            PolicyEffect.Deny,
            Ask(policy, Status, Facts with { Executable = plain with { Sha256 = new string('b', 64), IsTrusted = true } }).Effect
        );
        var script = Facts with { Executable = plain with { Interpreter = PolicyPaths.Here("/bin/sh"), IsTrusted = false } };
        Assert.Equal(PolicyEffect.Deny, Ask(Git(rule => rule), Status, script).Effect);
    }

    [Theory]
    [InlineData("/srv/repos", true)]
    [InlineData("/srv/repos/a/b", true)]
    [InlineData("/srv/repos-old", false)]
    [InlineData("/srv/repos/../../etc", false)]
    [InlineData("/srv/repos/./a", false)]
    [InlineData("/srv/repos//a", false)]
    [InlineData("/SRV/repos", false)]
    [InlineData("/srv/repo\u0455", false)]
    [InlineData("srv/repos", false)]
    public void A_directory_is_compared_by_segments(string directory, bool allowed)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the paths are Unix's");
        var policy = Git(rule => rule with { WorkingDirectory = new PathCondition { Under = [PolicyPaths.Here("/srv/repos")] } });

        Assert.Equal(
            allowed ? PolicyEffect.Allow : PolicyEffect.Deny,
            Ask(policy, Status, Facts with { RealWorkingDirectory = directory }).Effect
        );
    }

    [Fact]
    public void A_thousand_rules_decide_without_allocating()
    {
        var builder = new PolicyBuilder();
        for (var i = 0; i < 1000; i++)
        {
            var path = PolicyPaths.Here($"/usr/bin/program-{i % 100}");
            builder.Allow(
                $"rule-{i}",
                rule =>
                    Start(rule) with
                    {
                        Principals = [$"user-{i}", $"role:team-{i % 7}"],
                        Executable = new ExecutableCondition { Paths = [path] },
                    }
            );
        }

        var policy = builder
            .Allow("git", rule => Start(rule) with { Arguments = ArgumentPattern.Of("status", ArgumentElement.Rest("--?[a-z-]+")) })
            .Compile()
            .AsT0;
        var operation = Status.WithArguments(["--short", "-b"]);
        var context = new OperationContext(new Principal("user-7") { Roles = ["team-3"] });
        var facts = Facts;
        var denied = Facts with { Executable = Facts.Executable! with { CanonicalPath = PolicyPaths.Here("/usr/bin/program-5") } };
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(PolicyEffect.Allow, policy.Decide(ProcessActions.Start, operation, context, facts).Effect);
            Assert.Equal(PolicyEffect.Deny, policy.Decide(ProcessActions.Start, operation, context, denied).Effect);
        }

        // Once in a while the runtime allocates on this thread for itself, as it compiles anew: what a decision allocates, each round shows.
        var rounds = Enumerable
            .Range(0, 10)
            .Select(_ =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < 200; i++)
                {
                    policy.Decide(ProcessActions.Start, operation, context, facts);
                    policy.Decide(ProcessActions.Start, operation, context, denied);
                }

                return GC.GetAllocatedBytesForCurrentThread() - before;
            });
        Assert.Equal(0, rounds.Min());
    }

    [Fact]
    public void A_layer_that_defers_restricts_and_one_that_does_not_has_to_allow_too()
    {
        var system = Git(rule => rule);
        var deferring = new PolicyBuilder()
            .Deny("no-log", rule => rule with { Actions = ["process.start"], Arguments = ArgumentPattern.Of("log") })
            .Deferring()
            .Compile()
            .AsT0;
        var silent = new PolicyBuilder().Compile().AsT0;

        Assert.Equal(PolicyEffect.Allow, Ask(new LayeredPolicy(system, deferring), Status, Facts).Effect);
        Assert.Equal("no-log", Ask(new LayeredPolicy(system, deferring), new SpawnProcessOperation("git", ["log"]), Facts).Rule);
        Assert.Equal(PolicyEffect.Deny, Ask(new LayeredPolicy(system, silent), Status, Facts).Effect);
        Assert.Equal(PolicyEffect.Deny, Ask(new LayeredPolicy(deferring, system), Status, Facts).Effect);
        Assert.NotEqual(system.Hash, new LayeredPolicy(system, deferring).Hash, StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_reload_keeps_the_last_good_policy_and_tells_both_hashes()
    {
        var file = Path.Combine(_directory, "policy.yaml");
        Write(file, "version: 1\nrules: []\n");
        var policy = ReloadablePolicy.Create(() => PolicyFile.Load(file)).AsT0;
        var first = policy.Hash;

        Write(file, "version: 1\nrules: [{ id: a }]\n");
        var told = new List<PolicyReload>();
        var refused = await policy.ReloadAsync(Record);
        Assert.Equal((first, first, false), (refused.Before, refused.After, refused.Changed));
        Assert.Equal((file, 2), (refused.Refusal!.Problems[0].File, refused.Refusal.Problems[0].Line));
        Assert.Equal(first, policy.Hash);

        Write(file, PolicyWriter.Write(Git(rule => rule).Document));
        // What can't be written down is not done.
        Assert.False((await policy.ReloadAsync(_ => ValueTask.FromResult(false))).Changed);
        Assert.Equal(first, policy.Hash);
        var reloaded = await policy.ReloadAsync(Record);
        Assert.Null(reloaded.Refusal);
        Assert.Equal((first, policy.Hash, true), (reloaded.Before, reloaded.After, reloaded.Changed));
        Assert.Equal(PolicyEffect.Allow, Ask(policy, Status, Facts).Effect);

        File.Delete(file);
        Assert.NotNull((await policy.ReloadAsync(Record)).Refusal);
        Assert.Equal(reloaded.After, policy.Hash);
        Assert.Equal([refused, reloaded, new PolicyReload(reloaded.After, reloaded.After, told[^1].Refusal)], told);

        ValueTask<bool> Record(PolicyReload reload)
        {
            told.Add(reload);
            return ValueTask.FromResult(true);
        }
    }

    [Fact]
    public void A_file_that_others_may_write_or_that_is_no_text_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are Unix's");
        var file = Path.Combine(_directory, "policy.yaml");
        Write(file, "version: 1\nrules: []\n");
        SetMode(file, UnixFileMode.UserRead | UnixFileMode.OtherWrite);
        Assert.Contains("writable", PolicyFile.Load(file).AsT1.ToString(), StringComparison.Ordinal);

        SetMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(file, [0xff, 0xfe, 0x00]);
        Assert.Contains("UTF-8", PolicyFile.Load(file).AsT1.ToString(), StringComparison.Ordinal);
        File.WriteAllBytes(file, new byte[YamlTree.MostCharacters + 1]);
        Assert.Contains("too large", PolicyFile.Load(file).AsT1.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static void Write(string file, string text)
    {
        File.WriteAllText(file, text);
        SetMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, mode);
        }
    }

    private static PolicyRule Start(PolicyRule rule) =>
        rule with
        {
            Actions = ["process.start"],
            Executable = new ExecutableCondition { Paths = [GitPath] },
            Arguments = ArgumentPattern.Of(ArgumentElement.OneOf("status", "log")),
        };

    private static CompiledPolicy Git(Func<PolicyRule, PolicyRule> with) =>
        new PolicyBuilder().Allow("git", rule => with(Start(rule))).Compile().AsT0;

    private static PolicyDecision Ask(IPolicy policy, IOperation operation, OperationFacts facts) =>
        policy.Decide(ProcessActions.Start, operation, OperationContext.Current, facts);
}
