using FsCheck;
using FsCheck.Fluent;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;

namespace Osl.Tests.Unit.Policies;

/// <summary>Rules and requests that meet often enough to tell something.</summary>
internal static class PolicySamples
{
    internal static readonly PolicyAction Start = ProcessActions.Start;

    private static readonly Gen<string> Path = Places("/usr/bin/git", "/bin/busybox", "/opt/tools/run", "/usr/bin/g\u0456t");
    private static readonly Gen<string> Directory = Places("/usr", "/opt/tools", "/srv/repos", "/srv");
    private static readonly Gen<string> Name = Gen.Elements("git", "sh", "busybox", "run");
    private static readonly Gen<string> Text = Gen.Elements(
        "status",
        "log",
        "-c",
        "--short",
        "",
        "a b",
        "\n",
        "\u00e9\U0001F600",
        "any",
        "null",
        "\"x\\"
    );
    private static readonly Gen<string> Expression = Gen.Elements("[a-z]+", "--?[a-z-]+", "any", "(?:a|b)*", ".*");
    private static readonly Gen<string> Who = Gen.Elements("alice", "bob", "role:dev", "role:ops");
    private static readonly Gen<string> Variable = Gen.Elements("LANG", "LD_*", "HOME", "PATH", "GIT_*", "X");
    private static readonly Gen<string> User = Gen.Elements("deploy", "1001", "root", "0");

    internal static Gen<PolicyDocument> Document =>
        from rules in Gen.Choose(0, 8).SelectMany(count => Gen.ArrayOf(AnyRule, count))
        from defers in Gen.Elements(true, false)
        from secure in Some(Directory)
        select new PolicyDocument
        {
            Default = defers ? PolicyDefault.Defer : PolicyDefault.Deny,
            SecurePath = secure,
            Rules = rules.Select((rule, i) => rule with { Id = $"rule-{i}" }).ToValueList(),
        };

    internal static Gen<Request> AnyRequest =>
        from who in Gen.Elements("alice", "bob", "carol")
        from roles in Some(Gen.Elements("dev", "ops"))
        from reason in Gen.Elements(null, "why")
        from start in Gen.Frequency((4, Gen.Constant(true)), (1, Gen.Constant(false)))
        from spawn in Spawn
        from executable in Executable
        from facts in Facts
        from action in Gen.Elements("process.signal", "process.inspect", "file.set-mode")
        select new Request(
            start ? Start : new PolicyAction(action),
            start ? spawn : new KillProcessOperation(4711),
            new OperationContext(new Principal(who) { Roles = roles }, reason),
            start ? facts with { Executable = executable, Target = null } : facts with { EnvironmentNames = [], RunAs = null }
        );

    private static Gen<SpawnProcessOperation> Spawn =>
        from arguments in Gen.Choose(0, 3).SelectMany(count => Gen.ArrayOf(Text, count))
        from set in Some(Gen.Elements("LANG", "LD_PRELOAD", "HOME", "X"))
        from placed in Gen.Elements(ProcessGroupConfig.Inherit, ProcessGroupConfig.NewGroup)
        from detach in Gen.Elements(true, false)
        from limit in Gen.Elements<int?>(null, 10, 100)
        from memory in Gen.Elements<long?>(null, 1024)
        from sandbox in Gen.Elements(null, null, new SandboxConfig(), new SandboxConfig { RefusedSystemCalls = ["namespace"] })
        select new SpawnProcessOperation("git").WithArguments(arguments) with
        {
            Environment = new EnvironmentConfig
            {
                Set = set.Distinct(StringComparer.Ordinal).Select(name => new EnvironmentVariable(name, "v")).ToValueList(),
            },
            ProcessGroup = placed,
            DetachFromTerminal = detach,
            TimeLimit = limit is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Limits = memory is null ? null : new ResourceLimits { MemoryBytes = memory },
            Sandbox = sandbox,
        };

    private static Gen<ExecutableFacts> Executable =>
        from real in Path
        from own in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false)))
        from asked in Name
        from trusted in Gen.Elements<bool?>(true, false, null)
        from script in Gen.Elements(null, null, PolicyPaths.Here("/bin/sh"))
        from digest in Gen.Elements(null, new string('a', 64))
        select new ExecutableFacts(own ? real : asked, own ? real : PolicyPaths.Here($"/usr/bin/{asked}"), real, 1, 1, 0, 0x1ed, script)
        {
            IsTrusted = trusted,
            Sha256 = digest,
        };

    private static Gen<OperationFacts> Facts =>
        from directory in Gen.Frequency(
            (1, Gen.Constant<string?>(null)),
            (4, Places("/srv/repos/x", "/srv/repos-old", "/srv/../etc", "/").Select(place => (string?)place))
        )
        from names in Some(Gen.Elements("LANG", "HOME", "PATH", "LD_PRELOAD", "SECRET"))
        from runAs in Gen.Elements(null, null, new AccountFacts("deploy", 1001), new AccountFacts("root", 0))
        from elevated in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        from relation in Gen.Elements(Enum.GetValues<TargetRelation>())
        from isGroup in Gen.Elements(true, false)
        from paths in Some(Places("/srv/x", "/etc/passwd"))
        from granted in Some(Places("/usr", "/srv/x", "/etc"))
        select new OperationFacts
        {
            RealWorkingDirectory = directory,
            EnvironmentNames = names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueList(),
            RunAs = runAs is null ? null : new RunAsFacts(runAs),
            Target = new TargetFacts(4711, isGroup, relation, 1),
            RequiresElevation = elevated,
            Paths = paths,
            Sandbox = new SandboxFacts { LimitsFiles = granted.Count > 0, ReadPaths = granted },
        };

    private static Gen<PolicyRule> AnyRule =>
        Gen.Frequency((4, StartRule(PolicyEffect.Allow)), (2, StartRule(PolicyEffect.RequireApproval)), (2, DenyRule), (2, OtherRule));

    private static Gen<string> Places(params string[] paths) => Gen.Elements(paths.Select(PolicyPaths.Here).ToArray());

    internal static Gen<ValueList<T>> Some<T>(Gen<T> one) =>
        Gen.Choose(0, 2).SelectMany(count => Gen.ArrayOf(one, count)).Select(items => items.ToValueList());

    internal static Gen<ValueList<T>> AtLeastOne<T>(Gen<T> one) =>
        Gen.Choose(1, 2).SelectMany(count => Gen.ArrayOf(one, count)).Select(items => items.ToValueList());

    private static Gen<T?> Maybe<T>(Gen<T> one)
        where T : class => Gen.Frequency((2, Gen.Constant<T?>(null)), (1, one.Select(item => (T?)item)));

    private static Gen<ExecutableCondition> Condition =>
        Gen.Frequency(
            (1, Gen.Constant(ExecutableCondition.Anything)),
            (
                4,
                from paths in AtLeastOne(Path)
                from under in Some(Directory)
                from names in Some(Name)
                from digest in Gen.Frequency((4, Gen.Constant<string?>(null)), (1, Gen.Constant<string?>(new string('a', 64))))
                select new ExecutableCondition
                {
                    Paths = paths,
                    Under = under,
                    Names = names,
                    Sha256 = digest,
                }
            ),
            (1, AtLeastOne(Directory).Select(under => new ExecutableCondition { Under = under })),
            (1, AtLeastOne(Name).Select(names => new ExecutableCondition { Names = names }))
        );

    private static Gen<ArgumentElement> Element =>
        Gen.OneOf(
            Text.Select(ArgumentElement.Literal),
            AtLeastOne(Text).Select(texts => ArgumentElement.OneOf(texts.AsSpan())),
            Expression.Select(ArgumentElement.Pattern),
            Gen.Constant(ArgumentElement.Any)
        );

    internal static Gen<ArgumentPattern> Arguments =>
        Gen.Frequency(
            (2, Gen.Constant(ArgumentPattern.Anything)),
            (
                4,
                from elements in Some(Element.SelectMany(element => Gen.Elements(element, element.AsOptional())))
                from rest in Element.Where(element => element.Kind != ArgumentKind.Literal)
                from hasRest in Gen.Elements(true, false)
                select new ArgumentPattern { Elements = hasRest ? elements.Add(rest with { Count = ArgumentCount.Rest }) : elements }
            )
        );

    private static Gen<PathCondition> PathOf =>
        Gen.OneOf(
            Gen.Constant(PathCondition.Anything),
            from exact in AtLeastOne(Directory)
            from under in Some(Directory)
            select new PathCondition { Is = exact, Under = under }
        );

    private static Gen<EnvironmentCondition> Environment =>
        Gen.OneOf(
            Gen.Constant(EnvironmentCondition.Anything),
            from allow in AtLeastOne(Variable)
            from deny in Some(Variable)
            from has in Some(Variable)
            select new EnvironmentCondition
            {
                Allow = allow,
                Deny = deny,
                Has = has,
            }
        );

    private static Gen<RunAsCondition> RunAs =>
        from users in AtLeastOne(User)
        from groups in Some(User)
        select new RunAsCondition { Users = users, Groups = groups };

    private static Gen<Requirement> Require =>
        Gen.Elements(
            new Requirement { NewProcessGroup = true },
            new Requirement { MaxTimeout = TimeSpan.FromSeconds(30), Managed = true },
            new Requirement { Reason = true, NewSession = true }
        );

    private static Gen<SandboxCondition> Sandbox =>
        Gen.Elements(
            new SandboxCondition { Read = [PolicyPaths.Here("/srv"), PolicyPaths.Here("/usr")], Execute = [PolicyPaths.Here("/usr")] },
            new SandboxCondition { Refuse = ["namespace"] },
            new SandboxCondition { Write = [PolicyPaths.Here("/srv/out")], Refuse = ["mount", "ptrace"] }
        );

    private static Gen<PolicyRule> StartRule(PolicyEffect effect) =>
        from principals in Some(Who)
        from executable in Condition
        from arguments in Arguments
        from directory in Maybe(PathOf)
        from environment in Maybe(Environment)
        from runAs in Maybe(RunAs)
        from elevated in Gen.Elements(true, false)
        from limits in Maybe(Gen.Constant(new ResourceLimits { MemoryBytes = 4096, CpuTime = TimeSpan.FromSeconds(3) }))
        from containment in Gen.Elements(Containment.None, Containment.None, Containment.Group, Containment.Session)
        from sandbox in Maybe(Sandbox)
        from require in Maybe(Require)
        from because in Gen.Elements(null, "it is: so", "\u202e#x")
        select new PolicyRule("x", effect)
        {
            Principals = principals,
            Actions = ["process.start"],
            Executable = executable,
            Arguments = arguments,
            WorkingDirectory = directory,
            Environment = environment,
            RunAs = runAs,
            Elevated = elevated,
            Limits = limits,
            Containment = containment,
            Sandbox = sandbox,
            Require = require,
            Because = because,
        };

    private static Gen<PolicyRule> DenyRule =>
        from principals in Some(Who)
        from executable in Maybe(Condition)
        from arguments in Maybe(Arguments)
        from directory in Maybe(PathOf)
        from has in Some(Variable)
        from runAs in Maybe(RunAs)
        from elevated in Gen.Elements(true, false)
        select new PolicyRule("x", PolicyEffect.Deny)
        {
            Principals = principals,
            Actions = ["process.start"],
            Executable = executable,
            Arguments = arguments,
            WorkingDirectory = directory,
            Environment = has.Count > 0 ? new EnvironmentCondition { Has = has } : null,
            RunAs = runAs,
            Elevated = elevated,
        };

    private static Gen<PolicyRule> OtherRule =>
        from principals in Some(Who)
        from effect in Gen.Elements(PolicyEffect.Allow, PolicyEffect.RequireApproval, PolicyEffect.Deny)
        from actions in AtLeastOne(Gen.Elements("process.signal", "process.inspect", "file.set-mode"))
        from targets in Some(Gen.Elements(Enum.GetValues<RuleTarget>()))
        from elevated in Gen.Elements(true, false)
        from paths in Maybe(PathOf)
        select new PolicyRule("x", effect)
        {
            Principals = principals,
            Actions = effect == PolicyEffect.Allow ? actions : actions.Add("process.*"),
            Target = targets,
            Elevated = elevated,
            Paths = paths,
        };
}

/// <summary>One question.</summary>
internal sealed record Request(PolicyAction Action, IOperation Operation, OperationContext Context, OperationFacts Facts)
{
    internal PolicyDecision Ask(IPolicy policy) => policy.Decide(Action, Operation, Context, Facts);
}
