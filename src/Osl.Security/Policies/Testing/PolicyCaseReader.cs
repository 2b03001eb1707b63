using System.Globalization;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>Reads a file of cases: <c>version</c>, and <c>cases</c>, a list (knowledge/policy-format.md).</summary>
public sealed class PolicyCaseReader
{
    internal static readonly string[] RootKeys = ["version", "cases"];

    internal static readonly string[] Keys =
    [
        "name",
        "expect",
        "rule",
        "principal",
        "roles",
        "reason",
        "action",
        "command",
        "executable",
        "workingDirectory",
        "set",
        "inherited",
        "runAs",
        "sandbox",
        "target",
        "elevated",
        "paths",
        "newProcessGroup",
        "newSession",
        "timeout",
    ];

    internal static readonly string[] ExecutableKeys = ["found", "path", "interpreter", "trusted", "sha256"];

    internal static readonly string[] SandboxKeys = ["read", "write", "execute", "noNetwork", "refuse"];

    internal static readonly string[] RunAsKeys = ["user", "uid"];

    private readonly YamlBinder _binder;

    private PolicyCaseReader(YamlBinder binder) => _binder = binder;

    /// <summary>Reads the file. Never throws for what the text says.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="file">Its name, for messages.</param>
    public static OneOf<IReadOnlyList<PolicyCase>, PolicyRefusal> Read(string text, string file = "")
    {
        ArgumentNullException.ThrowIfNull(text);
        if (YamlTree.Read(text).TryPickT1(out var problem, out var root))
        {
            return OneOf<IReadOnlyList<PolicyCase>, PolicyRefusal>.FromT1(new PolicyRefusal([problem with { File = file }]));
        }

        var binder = new YamlBinder(file);
        List<PolicyCase> cases = [];
        if (binder.Map(root, "", RootKeys, "a file of cases") is { } map)
        {
            if (map.Find("version") is not YamlText { Text: "1" })
            {
                binder.Refuse(map.Find("version") ?? map, "the version is not stated or not known", "version: 1");
            }

            var items = binder.Items(map.Find("cases"), "cases");
            if (items.Count == 0)
            {
                binder.Refuse(map, "there are no cases, so nothing would be tested", "cases");
            }

            cases.AddRange(items.Select((item, i) => Case(binder, item, string.Create(CultureInfo.InvariantCulture, $"cases[{i}]"))));
        }

        return binder.Problems.Count > 0
            ? OneOf<IReadOnlyList<PolicyCase>, PolicyRefusal>.FromT1(new PolicyRefusal(binder.Problems.ToValueList()))
            : OneOf<IReadOnlyList<PolicyCase>, PolicyRefusal>.FromT0(cases);
    }

    internal static PolicyCase Case(YamlBinder binder, YamlPart part, string at) => new PolicyCaseReader(binder).Case(part, at);

    private PolicyCase Case(YamlPart part, string at)
    {
        if (_binder.Map(part, at, Keys, "a case") is not { } map)
        {
            return new PolicyCase("", PolicyEffect.Deny);
        }

        var action = _binder.Text(map.Find("action"), "action") ?? ProcessActions.Start.Name;
        var isStart = string.Equals(action, ProcessActions.Start.Name, StringComparison.Ordinal);
        var command = _binder.Texts(map.Find("command"), $"{at}.command", mayBeOne: false);
        if (isStart && command.Count == 0)
        {
            _binder.Refuse(map, "the case starts nothing", "command: [PROGRAM, ARGUMENT, …]", at);
            command = [""];
        }

        if (map.Find("expect") is null)
        {
            _binder.Refuse(map, "the case expects nothing", "expect: allow, require-approval or deny", at);
        }

        var principal = new Principal(_binder.Text(map.Find("principal"), "principal") ?? "somebody")
        {
            Roles = _binder.Texts(map.Find("roles"), $"{at}.roles"),
        };
        var facts = new OperationFacts
        {
            Target = Target(map.Find("target"), isStart),
            RequiresElevation = _binder.Flag(map.Find("elevated"), "elevated"),
            Paths = _binder.Texts(map.Find("paths"), $"{at}.paths"),
        };
        return new PolicyCase(
            _binder.Text(map.Find("name"), "name") ?? at,
            _binder.Word(map.Find("expect"), "expect", Keywords.Effects) ?? PolicyEffect.Deny
        )
        {
            Rule = _binder.Text(map.Find("rule"), "rule"),
            Action = new PolicyAction(action),
            Context = new OperationContext(principal, _binder.Text(map.Find("reason"), "reason")),
            Operation = isStart ? Spawn(map, command, at) : new KillProcessOperation(2),
            Facts = isStart ? StartFacts(map, facts, command[0], at) : facts,
            Line = part.Line,
        };
    }

    private SpawnProcessOperation Spawn(YamlMap map, ValueList<string> command, string at) =>
        new SpawnProcessOperation(command[0]).WithArguments(command.Skip(1)) with
        {
            Environment = new EnvironmentConfig
            {
                Set = _binder.Texts(map.Find("set"), $"{at}.set").Select(name => new EnvironmentVariable(name, "")).ToValueList(),
            },
            ProcessGroup = _binder.Flag(map.Find("newProcessGroup"), "newProcessGroup")
                ? ProcessGroupConfig.NewGroup
                : ProcessGroupConfig.Inherit,
            DetachFromTerminal = _binder.Flag(map.Find("newSession"), "newSession"),
            TimeLimit = _binder.Time(map.Find("timeout"), "timeout"),
            RunAs = map.Find("runAs") is null ? null : new RunAs("as the facts say"),
            Sandbox = map.Find("sandbox") is { } sandbox ? Sandbox(sandbox, $"{at}.sandbox") : null,
        };

    private OperationFacts StartFacts(YamlMap map, OperationFacts facts, string program, string at)
    {
        var names = _binder
            .Texts(map.Find("inherited"), $"{at}.inherited")
            .Concat(_binder.Texts(map.Find("set"), $"{at}.set"))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToValueList();
        return facts with
        {
            Executable = Executable(map.Find("executable"), program, at),
            RealWorkingDirectory = _binder.Text(map.Find("workingDirectory"), "workingDirectory") ?? "/",
            EnvironmentNames = names,
            RunAs = map.Find("runAs") is { } runAs ? RunAs(runAs, at) : null,
            Sandbox = map.Find("sandbox") is { } sandbox ? FactsOf(Sandbox(sandbox, $"{at}.sandbox")) : null,
        };
    }

    // A text is the real path; without one, what is asked for lies in /usr/bin under its own name.
    private ExecutableFacts Executable(YamlPart? part, string program, string at)
    {
        var found = Path.IsPathFullyQualified(program) ? program : $"/usr/bin/{PathSegments.LastName(program)}";
        if (part is null or YamlText)
        {
            var real = (part as YamlText)?.Text ?? found;
            return new ExecutableFacts(program, Path.IsPathFullyQualified(program) ? program : real, real, 0, 0, 0, 0x1ed, null)
            {
                IsTrusted = true,
            };
        }

        if (_binder.Map(part, $"{at}.executable", ExecutableKeys, "executable") is not { } map)
        {
            return new ExecutableFacts(program, found, found, 0, 0, 0, 0x1ed, null);
        }

        var path = _binder.Text(map.Find("path"), "path") ?? found;
        return new ExecutableFacts(
            program,
            _binder.Text(map.Find("found"), "found") ?? path,
            path,
            0,
            0,
            0,
            0x1ed,
            _binder.Text(map.Find("interpreter"), "interpreter")
        )
        {
            IsTrusted = _binder.Flag(map.Find("trusted"), "trusted"),
            Sha256 = _binder.Text(map.Find("sha256"), "sha256"),
        };
    }

    private RunAsFacts RunAs(YamlPart part, string at) =>
        _binder.Map(part, $"{at}.runAs", RunAsKeys, "runAs") is { } map
            ? new RunAsFacts(new AccountFacts(_binder.Text(map.Find("user"), "user") ?? "", _binder.Size(map.Find("uid"), "uid") ?? -1))
            : new RunAsFacts(new AccountFacts("", -1));

    private SandboxConfig Sandbox(YamlPart part, string at) =>
        _binder.Map(part, at, SandboxKeys, "sandbox") is not { } map
            ? new SandboxConfig()
            : new SandboxConfig
            {
                ReadPaths = _binder.Texts(map.Find("read"), $"{at}.read"),
                WritePaths = _binder.Texts(map.Find("write"), $"{at}.write"),
                ExecutePaths = _binder.Texts(map.Find("execute"), $"{at}.execute"),
                NoNetwork = _binder.Flag(map.Find("noNetwork"), "noNetwork"),
                RefusedSystemCalls = _binder.Texts(map.Find("refuse"), $"{at}.refuse"),
            };

    // As real as a case says them.
    private static SandboxFacts FactsOf(SandboxConfig sandbox) =>
        new()
        {
            LimitsFiles = sandbox.ReadPaths.Count + sandbox.WritePaths.Count + sandbox.ExecutePaths.Count > 0,
            ReadPaths = sandbox.ReadPaths,
            WritePaths = sandbox.WritePaths,
            ExecutePaths = sandbox.ExecutePaths,
        };

    private TargetFacts? Target(YamlPart? part, bool isStart) =>
        (_binder.Word(part, "target", Keywords.Targets) ?? (isStart ? null : RuleTarget.OwnChild))?.ToFacts();
}
