using System.Globalization;
using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>Reads a policy file: YAML, of which JSON is a part (knowledge/policy-format.md).</summary>
public sealed class PolicyReader
{
    private readonly YamlBinder _binder;

    private PolicyReader(YamlBinder binder) => _binder = binder;

    /// <summary>Reads and checks a whole file. Never throws for what the text says.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="file">Its name, for messages.</param>
    public static OneOf<CompiledPolicy, PolicyRefusal> Read(string text, string file = "")
    {
        ArgumentNullException.ThrowIfNull(text);
        if (YamlTree.Read(text).TryPickT1(out var problem, out var root))
        {
            return new PolicyRefusal([problem with { File = file }]);
        }

        var binder = new YamlBinder(file);
        var document = new PolicyReader(binder).Document(root);
        return binder.Problems.Count > 0
            ? new PolicyRefusal(binder.Problems.OrderBy(p => p.Line).ThenBy(p => p.Column).ToValueList())
            : CompiledPolicy.Compile(document, binder.Locations);
    }

    /// <summary>One rule, as it stands in a list of rules.</summary>
    internal static PolicyRule Rule(YamlBinder binder, YamlPart part, string where) => new PolicyReader(binder).Rule(part, where);

    private PolicyDocument Document(YamlPart root)
    {
        if (_binder.Map(root, "", PolicyKeys.Root, "a policy") is not { } map)
        {
            return new PolicyDocument();
        }

        if (map.Find("version") is not YamlText { Text: "1" })
        {
            _binder.Refuse(map.Find("version") ?? map, "the version is not stated or not known", "version: 1");
        }

        if (map.Find("rules") is null)
        {
            _binder.Refuse(map, "there are no rules", "rules ([] for none)");
        }

        return new PolicyDocument
        {
            Default = _binder.Word(map.Find("default"), "default", Keywords.Defaults) ?? PolicyDefault.Deny,
            SecurePath = _binder.Texts(map.Find("securePath"), "securePath", mayBeOne: false),
            Rules = _binder.Items(map.Find("rules"), "rules").Select((rule, i) => Rule(rule, Item("rules", i))).ToValueList(),
        };
    }

    private PolicyRule Rule(YamlPart part, string at)
    {
        if (_binder.Map(part, at, PolicyKeys.Rule, "a rule") is not { } map)
        {
            return new PolicyRule("", PolicyEffect.Deny);
        }

        foreach (var key in new[] { "id", "effect", "actions" })
        {
            if (map.Find(key) is null)
            {
                _binder.Refuse(map, $"the rule has no {key}", key, at);
            }
        }

        return new PolicyRule(
            _binder.Text(map.Find("id"), "id") ?? "",
            _binder.Word(map.Find("effect"), "effect", Keywords.Effects) ?? PolicyEffect.Deny
        )
        {
            Principals = _binder.Texts(map.Find("principals"), $"{at}.principals"),
            Actions = _binder.Texts(map.Find("actions"), $"{at}.actions"),
            Executable = map.Find("executable") is { } executable ? Executable(executable, $"{at}.executable") : null,
            Arguments = map.Find("arguments") is { } arguments ? Arguments(arguments, $"{at}.arguments") : null,
            WorkingDirectory = map.Find("workingDirectory") is { } directory ? Paths(directory, $"{at}.workingDirectory") : null,
            Environment = map.Find("environment") is { } environment ? Environment(environment, $"{at}.environment") : null,
            RunAs = map.Find("runAs") is { } runAs ? RunAs(runAs, $"{at}.runAs") : null,
            Target = Targets(map.Find("target"), $"{at}.target"),
            Elevated = _binder.Flag(map.Find("elevated"), "elevated"),
            Paths = map.Find("paths") is { } paths ? Paths(paths, $"{at}.paths") : null,
            Limits = map.Find("limits") is { } limits ? Limits(limits, $"{at}.limits") : null,
            Containment = _binder.Word(map.Find("containment"), "containment", Keywords.Containments) ?? Containment.None,
            Sandbox = map.Find("sandbox") is { } sandbox ? Sandbox(sandbox, $"{at}.sandbox") : null,
            Require = map.Find("require") is { } require ? Require(require, $"{at}.require") : null,
            Because = _binder.Text(map.Find("because"), "because"),
            Matches = Examples(map.Find("matches"), $"{at}.matches"),
            NotMatches = Examples(map.Find("notMatches"), $"{at}.notMatches"),
        };
    }

    private ExecutableCondition Executable(YamlPart part, string at)
    {
        if (IsAny(part))
        {
            return ExecutableCondition.Anything;
        }

        return _binder.Map(part, at, PolicyKeys.Executable, "executable") is not { } map
            ? ExecutableCondition.Anything
            : new ExecutableCondition
            {
                Paths = _binder.Texts(map.Find("path"), $"{at}.path"),
                Under = _binder.Texts(map.Find("under"), $"{at}.under"),
                Names = _binder.Texts(map.Find("name"), $"{at}.name"),
                Sha256 = _binder.Text(map.Find("sha256"), "sha256"),
            };
    }

    private PathCondition Paths(YamlPart part, string at)
    {
        if (IsAny(part))
        {
            return PathCondition.Anything;
        }

        return _binder.Map(part, at, PolicyKeys.Path, "a condition on paths") is not { } map
            ? PathCondition.Anything
            : new PathCondition { Is = _binder.Texts(map.Find("is"), $"{at}.is"), Under = _binder.Texts(map.Find("under"), $"{at}.under") };
    }

    private EnvironmentCondition Environment(YamlPart part, string at)
    {
        if (IsAny(part))
        {
            return EnvironmentCondition.Anything;
        }

        return _binder.Map(part, at, PolicyKeys.Environment, "environment") is not { } map
            ? EnvironmentCondition.Anything
            : new EnvironmentCondition
            {
                Any = _binder.Flag(map.Find("any"), "any"),
                Allow = _binder.Texts(map.Find("allow"), $"{at}.allow"),
                Deny = _binder.Texts(map.Find("deny"), $"{at}.deny"),
                Has = _binder.Texts(map.Find("has"), $"{at}.has"),
            };
    }

    private RunAsCondition RunAs(YamlPart part, string at) =>
        _binder.Map(part, at, PolicyKeys.RunAs, "runAs") is not { } map
            ? new RunAsCondition()
            : new RunAsCondition
            {
                Users = _binder.Texts(map.Find("users"), $"{at}.users"),
                Groups = _binder.Texts(map.Find("groups"), $"{at}.groups"),
            };

    private ValueList<RuleTarget> Targets(YamlPart? part, string at)
    {
        IReadOnlyList<YamlPart> items = part is YamlText one ? [one] : _binder.Items(part, at);
        if (part is YamlList { Items.Count: 0 })
        {
            _binder.Refuse(part, "target is an empty list", "at least one relation, or no such key", at);
        }

        return items.Select(item => _binder.Word(item, "target", Keywords.Targets)).OfType<RuleTarget>().ToValueList();
    }

    private ResourceLimits Limits(YamlPart part, string at) =>
        _binder.Map(part, at, PolicyKeys.Limits, "limits") is not { } map
            ? new ResourceLimits()
            : new ResourceLimits
            {
                MemoryBytes = _binder.Size(map.Find("memory"), "memory"),
                CpuTime = _binder.Time(map.Find("cpuTime"), "cpuTime"),
                CpuMillis = (int?)_binder.Size(map.Find("cpuMillis"), "cpuMillis", int.MaxValue),
                Processes = (int?)_binder.Size(map.Find("processes"), "processes", int.MaxValue),
                OpenFiles = (int?)_binder.Size(map.Find("openFiles"), "openFiles", int.MaxValue),
                FileSizeBytes = _binder.Size(map.Find("fileSize"), "fileSize"),
                CoreDumpBytes = _binder.Size(map.Find("coreDump"), "coreDump"),
            };

    private SandboxCondition Sandbox(YamlPart part, string at) =>
        _binder.Map(part, at, PolicyKeys.Sandbox, "sandbox") is not { } map
            ? new SandboxCondition()
            : new SandboxCondition
            {
                Read = _binder.Texts(map.Find("read"), $"{at}.read"),
                Write = _binder.Texts(map.Find("write"), $"{at}.write"),
                Execute = _binder.Texts(map.Find("execute"), $"{at}.execute"),
                Refuse = _binder.Texts(map.Find("refuse"), $"{at}.refuse"),
            };

    private Requirement Require(YamlPart part, string at) =>
        _binder.Map(part, at, PolicyKeys.Require, "require") is not { } map
            ? new Requirement()
            : new Requirement
            {
                NewProcessGroup = _binder.Flag(map.Find("newProcessGroup"), "newProcessGroup"),
                NewSession = _binder.Flag(map.Find("newSession"), "newSession"),
                Managed = _binder.Flag(map.Find("managed"), "managed"),
                NoNewPrivileges = _binder.Flag(map.Find("noNewPrivileges"), "noNewPrivileges"),
                NoNetwork = _binder.Flag(map.Find("noNetwork"), "noNetwork"),
                Reason = _binder.Flag(map.Find("reason"), "reason"),
                MaxTimeout = _binder.Time(map.Find("maxTimeout"), "maxTimeout"),
            };

    private ArgumentPattern Arguments(YamlPart part, string at) =>
        IsAny(part)
            ? ArgumentPattern.Anything
            : new ArgumentPattern
            {
                Elements = _binder.Items(part, at).Select((item, i) => Element(item, Item(at, i), ArgumentCount.One)).ToValueList(),
            };

    private ArgumentElement Element(YamlPart part, string at, ArgumentCount count)
    {
        _binder.Mark(part, at);
        if (part is YamlText text)
        {
            return count == ArgumentCount.Rest
                ? text is { IsPlain: true, Text: "any" }
                    ? ArgumentElement.RestAny
                    : ArgumentElement.Rest(text.Text)
                : ArgumentElement.Literal(text.Text) with
                {
                    Count = count,
                };
        }

        if (_binder.Map(part, at, PolicyKeys.Argument, "an argument") is not { } map)
        {
            return ArgumentElement.Any;
        }

        if (map.Entries.Count != 1)
        {
            _binder.Refuse(map, "an argument has not exactly one key", $"one of {string.Join(", ", PolicyKeys.Argument)}", at);
            return ArgumentElement.Any;
        }

        var (key, value) = map.Entries[0];
        switch (key.Text)
        {
            case "oneOf":
                return ArgumentElement.OneOf(_binder.Texts(value, at).AsSpan()) with { Count = count };
            case "pattern":
                return ArgumentElement.Pattern(_binder.Text(value, "pattern") ?? "") with { Count = count };
            case "any":
                _binder.Flag(value, "any");
                return ArgumentElement.Any with { Count = count };
            case "optional" or "rest" when count == ArgumentCount.One:
                return Element(
                    value,
                    at,
                    string.Equals(key.Text, "rest", StringComparison.Ordinal) ? ArgumentCount.Rest : ArgumentCount.Optional
                );
            case "optional" or "rest":
                _binder.Refuse(key, $"'{key.Text}' can't be inside optional or rest", "a text, oneOf, pattern or any", at);
                return ArgumentElement.Any;
            default:
                return ArgumentElement.Any;
        }
    }

    private ValueList<ValueList<string>> Examples(YamlPart? part, string at) =>
        _binder.Items(part, at).Select((item, i) => _binder.Texts(item, Item(at, i), mayBeOne: false)).ToValueList();

    // In quotes too, as JSON has to write it: no other text may stand where this is asked.
    private static bool IsAny(YamlPart part) => part is YamlText { Text: "any" };

    private static string Item(string where, int index) => string.Create(CultureInfo.InvariantCulture, $"{where}[{index}]");
}
