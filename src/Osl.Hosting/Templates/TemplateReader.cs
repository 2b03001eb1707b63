using System.Globalization;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Osl.Supervision;

namespace Osl.Hosting.Templates;

/// <summary>Reads one template: YAML, by the reader that policies are read with (knowledge/template-format.md).</summary>
internal sealed class TemplateReader
{
    private const string Unlimited = "unlimited";

    private static readonly Dictionary<string, bool> Switches = new(StringComparer.Ordinal) { ["true"] = true, ["false"] = false };

    private static readonly Dictionary<string, RestartWhen> Whens = new(StringComparer.Ordinal)
    {
        ["never"] = RestartWhen.Never,
        ["on-failure"] = RestartWhen.OnFailure,
        ["always"] = RestartWhen.Always,
    };

    /// <summary>Where a flaw that the operation's own check finds stands in the file.</summary>
    private static readonly Dictionary<string, string> KeyOf = new(StringComparer.Ordinal)
    {
        ["Program"] = "program",
        ["Arguments"] = "arguments",
        ["Environment"] = "environment",
        ["WorkingDirectory"] = "directory",
        ["StopSequence"] = "stop",
        ["TimeLimit"] = "timeLimit",
        ["StandardOutput"] = "output",
        ["StandardError"] = "error",
        ["RunAs"] = "user",
        ["CpuAffinity"] = "affinity",
        ["Nice"] = "nice",
        ["Umask"] = "umask",
        ["Containment"] = "containment",
        ["Lifetime"] = "detach",
    };

    private readonly YamlBinder _binder;
    private readonly YamlMap _map;

    private TemplateReader(YamlBinder binder, YamlMap map) => (_binder, _map) = (binder, map);

    internal static string[] RootKeys { get; } =
    [
        "version",
        "name",
        "program",
        "arguments",
        "directory",
        "environment",
        "cleanEnvironment",
        "runOnStartup",
        "notify",
        "detach",
        "containment",
        "restarts",
        "restart",
        "stop",
        "timeLimit",
        "output",
        "error",
        "user",
        "affinity",
        "nice",
        "umask",
    ];

    internal static string[] RestartKeys { get; } =
    ["when", "initialDelay", "factor", "maxDelay", "jitter", "maxRestarts", "window", "healthyAfter"];

    internal static string[] StopKeys { get; } = ["signal", "grace"];

    internal static string[] OutputKeys { get; } = ["file", "rotateSize", "rotateCount"];

    /// <summary>Reads and checks a whole file. Never throws for what the text says.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <param name="name">The name that its file has.</param>
    internal static OneOf<ProcessTemplate, PolicyRefusal> Read(string text, string file, string name)
    {
        if (YamlTree.Read(text).TryPickT1(out var problem, out var root))
        {
            return new PolicyRefusal([problem with { File = file }]);
        }

        var binder = new YamlBinder(file);
        var template = binder.Map(root, "", RootKeys, "a template") is { } map ? new TemplateReader(binder, map).Template(name) : null;
        return template is null || binder.Problems.Count > 0
            ? new PolicyRefusal(binder.Problems.OrderBy(p => p.Line).ThenBy(p => p.Column).ToValueList())
            : template;
    }

    private ProcessTemplate Template(string name)
    {
        if (_map.Find("version") is not YamlText { Text: "1" })
        {
            _binder.Refuse(_map.Find("version") ?? _map, "the version is not stated or not known", "version: 1");
        }

        var called = _binder.Text(_map.Find("name"), "name") ?? name;
        if (ProcessTemplate.WhyNoName(called) is { } flaw)
        {
            _binder.Refuse(_map.Find("name") ?? _map, $"name '{called}' can't be used: {flaw}", "a name such as web-1");
        }
        else if (!string.Equals(called, name, StringComparison.Ordinal))
        {
            _binder.Refuse(_map.Find("name")!, $"name '{called}' is not that of its file", $"name: {name}, or no such key");
        }

        var template = new ProcessTemplate(called, Spawn())
        {
            Restart = Restart(),
            RunOnStartup = Switch("runOnStartup"),
            Notify = Switch("notify"),
        };
        CheckShape(template);
        return template;
    }

    private SpawnProcessOperation Spawn()
    {
        if (_map.Find("program") is null)
        {
            _binder.Refuse(_map, "there is no program", "program: what is started");
        }

        var detached = Switch("detach");
        var spawn = new SpawnProcessOperation(
            _binder.Text(_map.Find("program"), "program") ?? "",
            _map.Find("arguments") is YamlList { Items.Count: 0 }
                ? []
                : _binder.Texts(_map.Find("arguments"), "arguments", mayBeOne: false).Select(argument => (Argument)argument).ToValueList()
        )
        {
            WorkingDirectory = _binder.Text(_map.Find("directory"), "directory"),
            Environment = new EnvironmentConfig { Clean = Switch("cleanEnvironment"), Set = Environment() },
            StandardInput = StandardInputKind.Null,
            StandardOutput = Output("output", isError: false),
            StandardError = Output("error", isError: true),
            StopSequence = Stop(),
            TimeLimit = _binder.Time(_map.Find("timeLimit"), "timeLimit"),
            Lifetime = detached ? ProcessLifetime.Detached : ProcessLifetime.Managed,
            Containment = _binder.Word(_map.Find("containment"), "containment", ContainmentLevels.ByWord) ?? Containment.None,
            RunAs = _binder.Text(_map.Find("user"), "user") is { } user ? new RunAs(user) : null,
            CpuAffinity = Affinity(),
            Nice = (int?)Number("nice", -20, 19),
            Umask = Umask(),
        };
        return detached ? spawn : spawn.WithNewProcessGroup();
    }

    private ValueList<EnvironmentVariable> Environment()
    {
        if (_map.Find("environment") is not { } part)
        {
            return [];
        }

        if (part is not YamlMap variables)
        {
            _binder.Refuse(part, "environment is no mapping", "a mapping of names to texts");
            return [];
        }

        return variables
            .Entries.Select(entry => new EnvironmentVariable(entry.Key.Text, _binder.Text(entry.Value, $"'{entry.Key.Text}'") ?? ""))
            .ToValueList();
    }

    private StandardOutputConfig Output(string key, bool isError)
    {
        switch (_map.Find(key))
        {
            // What outlives its manager has no business on its terminal or in its pipe, unless somebody says so.
            case null when Switch("detach"):
                return StandardOutputConfig.Null;
            case null or YamlText { Text: "inherit" }:
                return StandardOutputConfig.Inherit;
            case YamlText { Text: "none" }:
                return StandardOutputConfig.Null;
            case YamlText { Text: "same" } when isError:
                return StandardOutputConfig.SameAsOutput;
            case YamlMap part:
                _ = _binder.Map(part, key, OutputKeys, key);
                return File(part, key);
            case var other:
                _binder.Refuse(other, $"{key} can't be that", $"inherit, none, {(isError ? "same, " : "")}or a mapping with file");
                return StandardOutputConfig.Inherit;
        }
    }

    private StandardOutputConfig File(YamlMap part, string key)
    {
        if (_binder.Text(part.Find("file"), "file") is not { } file)
        {
            _binder.Refuse(part, $"{key} names no file", "file: a path");
            return StandardOutputConfig.Inherit;
        }

        var size = _binder.Size(part.Find("rotateSize"), "rotateSize") ?? 0;
        var count = _binder.Size(part.Find("rotateCount"), "rotateCount", StandardOutputConfig.LargestRotateCount) ?? 0;
        return StandardOutputConfig.ToFile(file) with { RotateSize = size, RotateCount = (int)count };
    }

    private StopSequence Stop()
    {
        if (_map.Find("stop") is not { } part || _binder.Map(part, "stop", StopKeys, "stop") is not { } map)
        {
            return StopSequence.Default;
        }

        var signal = Signal.Terminate;
        if (map.Find("signal") is { } named && !(named is YamlText { Text: var text } && Signal.TryParse(text, out signal)))
        {
            _binder.Refuse(named, "signal is no signal", "a name such as TERM or QUIT, or a number from 1 to 64");
        }

        return StopSequence.Starting(signal, _binder.Time(map.Find("grace"), "grace") ?? StopSequence.DefaultGrace);
    }

    private RestartPolicy Restart()
    {
        var (count, policy) = (_map.Find("restarts"), _map.Find("restart"));
        if (count is not null && policy is not null)
        {
            _binder.Refuse(policy, "there is restart beside restarts", "one of them");
        }

        if (count is not null)
        {
            return RestartPolicy.Times(Count(count, "restarts"));
        }

        if (policy is null || _binder.Map(policy, "restart", RestartKeys, "restart") is not { } map)
        {
            return RestartPolicy.Never;
        }

        var read = RestartPolicy.OnFailure;
        read = read with
        {
            When = _binder.Word(map.Find("when"), "when", Whens) ?? read.When,
            InitialDelay = _binder.Time(map.Find("initialDelay"), "initialDelay") ?? read.InitialDelay,
            Factor = Real(map.Find("factor"), "factor") ?? read.Factor,
            MaxDelay = _binder.Time(map.Find("maxDelay"), "maxDelay") ?? read.MaxDelay,
            Jitter = Real(map.Find("jitter"), "jitter") ?? read.Jitter,
            MaxRestarts = map.Find("maxRestarts") is { } most ? Count(most, "maxRestarts") : read.MaxRestarts,
            Window = Unbounded(map.Find("window"), "window", read.Window),
            HealthyAfter = Unbounded(map.Find("healthyAfter"), "healthyAfter", read.HealthyAfter),
        };
        foreach (var problem in read.Problems())
        {
            _binder.Refuse(policy, $"restart: {problem}", "values within these bounds");
        }

        return read;
    }

    /// <summary>A time, or <c>never</c>: null.</summary>
    private TimeSpan? Unbounded(YamlPart? part, string what, TimeSpan? unless) =>
        part switch
        {
            null => unless,
            YamlText { Text: "never" } => null,
            _ => _binder.Time(part, what),
        };

    private int? Count(YamlPart part, string what) =>
        part is YamlText { Text: Unlimited } ? null
        : part is YamlText text && int.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count
        : Refused<int>(part, $"{what} is no number", $"a whole number from 0, or {Unlimited}");

    private double? Real(YamlPart? part, string what) =>
        part is null ? null
        : part is YamlText text
        && double.TryParse(text.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number)
            ? number
        : Refused<double>(part, $"{what} is no number", "a number such as 2 or 0.5");

    private long? Number(string key, long least, long most) =>
        _map.Find(key) is not { } part ? null
        : part is YamlText text
        && long.TryParse(text.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= least
        && number <= most
            ? number
        : Refused<long>(part, $"{key} is no number", string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));

    private ValueList<int> Affinity()
    {
        List<int> cpus = [];
        foreach (var item in _binder.Items(_map.Find("affinity"), "affinity"))
        {
            if (item is YamlText text && int.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var cpu))
            {
                cpus.Add(cpu);
            }
            else
            {
                _binder.Refuse(item, "affinity is no number", "numbers of CPUs, from 0");
            }
        }

        return cpus.ToValueList();
    }

    private int? Umask()
    {
        if (_map.Find("umask") is not { } part)
        {
            return null;
        }

        if (part is YamlText { Text: var text } && text.Length is 3 or 4 && text.All(digit => digit is >= '0' and <= '7'))
        {
            return text.Aggregate(0, (mask, digit) => (mask << 3) | (digit - '0'));
        }

        _binder.Refuse(part, "umask is no mask", "three or four octal digits, such as 027");
        return null;
    }

    private bool Switch(string key) => _binder.Word(_map.Find(key), key, Switches) ?? false;

    private T? Refused<T>(YamlPart part, string message, string expected)
        where T : struct
    {
        _binder.Refuse(part, message, expected);
        return null;
    }

    /// <summary>What the operation's own check says, at the place of the key that it is about.</summary>
    private void CheckShape(ProcessTemplate template)
    {
        if (_binder.Problems.Count > 0)
        {
            return;
        }

        var failures = new ShapeFailures();
        SpawnProcessValidator.CheckSpawn(template.Spawn, ref failures);
        foreach (var failure in failures.ToResult().Errors)
        {
            var member = new string([.. failure.PropertyName.TakeWhile(char.IsAsciiLetter)]);
            var at = KeyOf.TryGetValue(member, out var key) ? _map.Find(key) : null;
            _binder.Refuse(at ?? _map, failure.ErrorMessage.TrimEnd('.'), "a process that could be started");
        }
    }
}
