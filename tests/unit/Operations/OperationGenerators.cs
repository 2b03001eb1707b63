using FsCheck;
using FsCheck.Fluent;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Unit.Operations;

/// <summary>Whole operations, most of them valid: each member is now and then something that validation refuses.</summary>
internal static class OperationGenerators
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Elements(
            "a",
            "--verbose",
            "ls -la",
            "näh ‹x› \u202E",
            "\U0001F600",
            "tab\tline\n",
            "",
            "key=value",
            "https://u:p@h/?a=b",
            "\u001b[31m"
        ),
        Gen.Choose(1, 0x2FFF).Select(code => char.ConvertFromUtf32(code)),
        Gen.Choose(0, 1_000_000).Select(number => $"text-{number}")
    );

    private static readonly Gen<string> Path = Gen.Elements("/usr/bin/git", "git", "./run.sh", "/srv/ä b", "C:\\tools\\x.exe");

    private static readonly Gen<Argument> AnyArgument = Gen.Frequency(
        (8, Text.Select(text => (Argument)text)),
        (2, Text.Select(Argument.Secret)),
        (1, Gen.Constant((Argument)"bad\0")),
        (1, Gen.Constant((Argument)"half\uD800"))
    );

    private static readonly Gen<EnvironmentVariable> Variable =
        from name in Gen.Elements("PATH", "LANG", "API_KEY", "ä", "http_proxy", "HTTP_PROXY", "X1", "X2")
        from value in Text
        select new EnvironmentVariable(name, value);

    private static readonly Gen<EnvironmentConfig> Environment =
        from clean in Gen.Elements(true, false)
        from variables in ShortList(Variable)
        from unset in ShortList(Gen.Elements("HOME", "TERM", "PATH"))
        select new EnvironmentConfig
        {
            Clean = clean,
            Set = variables,
            Unset = unset,
        };

    private static readonly Gen<Signal> AnySignal = Gen.Choose(1, 64).Select(Signal.FromNumber);

    private static readonly Gen<TimeSpan> Time = Gen.Choose(0, 86_400_000).Select(milliseconds => TimeSpan.FromMilliseconds(milliseconds));

    private static readonly Gen<StopSequence> Stop = Gen.Frequency(
        (3, Gen.Elements(StopSequence.Default, StopSequence.Immediate)),
        (
            3,
            from steps in ShortList(AnySignal.Zip(Time, (signal, wait) => new StopStep(signal, wait)))
            select new StopSequence { Steps = steps.Add(new StopStep(Signal.Kill, StopSequence.KillWait)) }
        ),
        (1, Gen.Constant(new StopSequence()))
    );

    private static readonly Gen<OperationId> Id = Gen.Choose(0, int.MaxValue)
        .Select(seconds => seconds % 3 == 0 ? default : OperationId.New(DateTimeOffset.UnixEpoch.AddSeconds(seconds)));

    private static readonly Gen<ProcessRef> Reference =
        from pid in Gen.Choose(2, 4_000_000)
        from start in Gen.Choose(0, int.MaxValue)
        from boot in Gen.Elements("", "7a7ff1b6-7b2e-4a0e-9f5e-000000000001")
        select new ProcessRef(pid, start, boot, start % 2 == 0 ? 0 : 4_026_531_836);

    private static readonly Gen<ProcessTarget> AProcess = Gen.OneOf(
        Gen.Choose(-1, 4_000_000).Select(pid => new ProcessTarget(pid)),
        Reference.Select(process => (ProcessTarget)process)
    );

    private static readonly Gen<GroupTarget> AGroup = Gen.OneOf(
        Gen.Choose(-1, 4_000_000).Select(pgid => new GroupTarget(pgid)),
        Reference.Zip(Id, (leader, id) => (GroupTarget)new GroupRef(leader.Pid, leader, id))
    );

    private static readonly Gen<ProcessGroupConfig> Group = Gen.OneOf(
        Gen.Elements(
            ProcessGroupConfig.Inherit,
            ProcessGroupConfig.NewGroup,
            new ProcessGroupConfig { Placement = (ProcessGroupPlacement)9 }
        ),
        AGroup.Select(ProcessGroupConfig.JoinGroup)
    );

    private static readonly Gen<StandardOutputConfig> Output = Gen.OneOf(
        Gen.Elements(StandardOutputConfig.Inherit, StandardOutputConfig.Null, StandardOutputConfig.Pipe, StandardOutputConfig.SameAsOutput),
        Gen.Choose(-1, 100_000).Select(limit => StandardOutputConfig.Capture(limit)),
        Path.Select(path => new StandardOutputConfig { Kind = StandardOutputKind.File, File = path }),
        from path in Path
        from size in Gen.Choose(-1, 100_000)
        from count in Gen.Choose(-1, 3)
        from mode in Gen.Choose(0, 0x1FF)
        select StandardOutputConfig.ToRotatedFile(path, size, count, mode),
        from path in Path
        from limit in Gen.Choose(0, 100)
        from columns in Gen.Choose(0, 200)
        from kind in Gen.Elements(StandardOutputKind.Tee, StandardOutputKind.Terminal, StandardOutputKind.Pipe)
        select new StandardOutputConfig
        {
            Kind = kind,
            Targets = [StandardOutputConfig.ToFile(path), StandardOutputConfig.Inherit, null!, StandardOutputConfig.Capture(limit)],
            TerminalSize = columns % 3 == 0 ? null : new TerminalSize(columns, 24),
        }
    );

    private static readonly Gen<ResourceLimits> Limits =
        from memory in Optional(Gen.Choose(0, int.MaxValue))
        from processes in Optional(Gen.Choose(1, 1000))
        from cpu in Optional(Time)
        from core in Optional(Gen.Constant(0))
        select new ResourceLimits
        {
            MemoryBytes = memory,
            Processes = processes,
            CpuTime = cpu,
            CoreDumpBytes = core,
        };

    private static readonly Gen<SpawnProcessOperation> Plain =
        from program in Path
        from arguments in ShortList(AnyArgument)
        from environment in Environment
        from directory in Path
        from inherits in Gen.Elements(true, false)
        from stop in Stop
        select new SpawnProcessOperation(program, arguments)
        {
            Environment = environment,
            WorkingDirectory = inherits ? null : directory,
            StopSequence = stop,
        };

    private static readonly Gen<Func<SpawnProcessOperation, SpawnProcessOperation>> Change = Gen.OneOf(
        Group.Select(Make<ProcessGroupConfig>((spawn, group) => spawn with { ProcessGroup = group })),
        Output.Select(Make<StandardOutputConfig>((spawn, output) => spawn with { StandardOutput = output })),
        Output.Select(Make<StandardOutputConfig>((spawn, error) => spawn with { StandardError = error })),
        Gen.Choose(0, 6).Select(Make<int>((spawn, input) => spawn with { StandardInput = (StandardInputKind)input })),
        Text.Select(Make<string>((spawn, text) => spawn.WithInputText(text))),
        Id.Select(Make<OperationId>((spawn, id) => spawn with { StandardInput = StandardInputKind.Process, InputFrom = id })),
        Gen.Elements(true).Select(Make<bool>((spawn, _) => spawn.WithDetachFromTerminal())),
        Gen.Elements(true)
            .Select(
                Make<bool>(
                    (spawn, _) => spawn.WithNewProcessGroup().WithForegroundTerminal() with { StandardInput = StandardInputKind.Inherit }
                )
            ),
        Gen.Choose(0, 2).Select(Make<int>((spawn, lifetime) => spawn.WithLifetime((ProcessLifetime)lifetime))),
        Time.Select(Make<TimeSpan>((spawn, limit) => spawn.WithTimeLimit(limit))),
        Gen.Choose(0, 5).Select(Make<int>((spawn, level) => spawn with { Containment = (Containment)level })),
        Gen.Choose(-21, 20).Select(Make<int>((spawn, nice) => spawn with { Nice = nice })),
        Gen.Choose(0, 0x200).Select(Make<int>((spawn, mask) => spawn with { Umask = mask })),
        Gen.Choose(0, 8)
            .Select(
                Make<int>(
                    (spawn, level) =>
                        spawn with
                        {
                            IoPriority = new IoPriority { Class = (IoPriorityClass)(level % 4), Level = level },
                        }
                )
            ),
        ShortList(Gen.Choose(0, 7)).Select(Make<ValueList<int>>((spawn, cpus) => spawn with { CpuAffinity = cpus })),
        Limits.Select(Make<ResourceLimits>((spawn, limits) => spawn with { Limits = limits })),
        ShortList(Gen.Elements("wheel", "33", "ä"))
            .Select(
                Make<ValueList<string>>(
                    (spawn, groups) => spawn with { RunAs = new RunAs("www-data", "33") { SupplementaryGroups = groups } }
                )
            ),
        ShortList(Gen.Elements("CAP_KILL", "CAP_NET_RAW"))
            .Select(
                Make<ValueList<string>>(
                    (spawn, kept) =>
                        spawn with
                        {
                            Privileges = new PrivilegeConfig { NoNewPrivileges = true, Capabilities = kept },
                        }
                )
            ),
        ShortList(Path)
            .Select(
                Make<ValueList<string>>(
                    (spawn, paths) =>
                        spawn with
                        {
                            Sandbox = new SandboxConfig
                            {
                                ReadPaths = paths,
                                NoNetwork = true,
                                RefusedSystemCalls = ["@mount"],
                            },
                        }
                )
            )
    );

    public static Gen<SpawnProcessOperation> Spawn { get; } =
        from plain in Plain
        from changes in ShortList(Change)
        select changes.Aggregate(plain, (spawn, change) => change(spawn));

    public static Gen<(IOperation Operation, OperationKind Kind)> Any { get; } =
        Gen.Frequency(
            (5, Spawn.Select(spawn => ((IOperation)spawn, (OperationKind)ProcessOperationKinds.Spawn))),
            (2, Spawn.Select(spawn => ((IOperation)new RunProcessOperation(spawn), (OperationKind)ProcessOperationKinds.Run))),
            (
                1,
                from target in AProcess
                from signal in AnySignal
                select ((IOperation)new ProcessSignalOperation(target, signal), (OperationKind)ProcessOperationKinds.Signal)
            ),
            (
                1,
                from target in AGroup
                from signal in AnySignal
                select ((IOperation)ProcessSignalOperation.ForGroup(target, signal), (OperationKind)ProcessOperationKinds.Signal)
            ),
            (
                1,
                from target in AProcess
                from stop in Stop
                select ((IOperation)new KillProcessOperation(target) { StopSequence = stop }, (OperationKind)ProcessOperationKinds.Kill)
            ),
            (
                1,
                from target in AGroup
                from stop in Stop
                select (
                    (IOperation)new KillProcessGroupOperation(target) { StopSequence = stop },
                    (OperationKind)ProcessOperationKinds.KillGroup
                )
            ),
            (
                1,
                from target in AProcess
                from stop in Stop
                from lifetime in Gen.Elements(ProcessLifetime.Managed, ProcessLifetime.Detached)
                select (
                    (IOperation)new AttachProcessOperation(target) { Lifetime = lifetime, StopSequence = stop },
                    (OperationKind)ProcessOperationKinds.Attach
                )
            ),
            (1, AProcess.Select(target => ((IOperation)new ReleaseProcessOperation(target), (OperationKind)ProcessOperationKinds.Release))),
            (
                1,
                AGroup.Select(target =>
                    ((IOperation)ReleaseProcessOperation.ForGroup(target), (OperationKind)ProcessOperationKinds.Release)
                )
            ),
            (1, AProcess.Select(target => ((IOperation)new QueryProcessOperation(target), (OperationKind)ProcessOperationKinds.Query))),
            (
                1,
                AGroup.Select(target =>
                    ((IOperation)new QueryProcessGroupOperation(target), (OperationKind)ProcessOperationKinds.QueryGroup)
                )
            )
        );

    /// <summary>A secret that can't come about by chance, and an operation that holds it in one of the places where secrets are looked for.</summary>
    public static Gen<(string Secret, SpawnProcessOperation Spawn)> WithSecret { get; } =
        from number in Gen.Choose(0, int.MaxValue)
        from spawn in Spawn
        from place in Gen.Choose(0, 16)
        let secret = $"Zq7{number:X8}v"
        select (secret, Place(spawn, secret, place));

    public static Gen<ValueList<T>> ShortList<T>(Gen<T> element) =>
        from count in Gen.Choose(0, 4)
        from items in element.ArrayOf(count)
        select items.ToValueList();

    private static SpawnProcessOperation Place(SpawnProcessOperation spawn, string secret, int place) =>
        place switch
        {
            0 => spawn.WithArgument(Argument.Secret($"with spaces {secret}")),
            1 => spawn.WithEnvironmentVariable("HARMLESS_NAME", secret),
            2 => spawn.WithArgument($"--password={secret} and more {secret}"),
            3 => spawn.WithArgument("--db-password").WithArgument(secret),
            4 => spawn.WithArgument($"https://user:{secret}@example.org/path"),
            5 => spawn.WithArgument("-H").WithArgument($"AUTHORIZATION: Bearer {secret}"),
            6 => spawn.WithArgument($"GITHUB_TOKEN={secret}"),
            7 => spawn.WithArgument($"curl -H 'Proxy-Authorization: Basic {secret}' http://example.org"),
            8 => spawn.WithArgument($"{{\"user\":\"u\",\"password\": \"{secret}\"}}"),
            9 => spawn.WithArgument($"postgres://{secret}@db:5432/x?sslmode=require"),
            10 => spawn.WithArgument($"Server=db;User=u;Password={secret};Timeout=3"),
            11 => spawn.WithArgument($"-Dapp.client_secret={secret}"),
            12 => spawn.WithArgument("-ApiKey").WithArgument(secret),
            13 => spawn.WithArgument($"--header=Bearer {secret}"),
            15 => spawn.WithInputText($"a line\n{secret}\n"),
            14 => spawn.WithArgument($"https://example.org/hook?access_token={secret}&page=2"),
            _ => spawn.WithArgument("--token").WithArgument(Argument.Secret(secret)).WithArgument($"--api-key:{secret}"),
        };

    private static Func<T, Func<SpawnProcessOperation, SpawnProcessOperation>> Make<T>(
        Func<SpawnProcessOperation, T, SpawnProcessOperation> change
    ) => value => spawn => change(spawn, value);

    private static Gen<T?> Optional<T>(Gen<T> value)
        where T : struct => Gen.OneOf(Gen.Constant((T?)null), value.Select(some => (T?)some));
}
