using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Unit.Operations;

/// <summary>Operations and values that tests and golden files share.</summary>
internal static class Samples
{
    public static OperationId Id { get; } = OperationId.TryParse("019e8f4a6c7e7c3f8a1b2c3d4e5f6071", out var id) ? id : default;

    public static ProcessRef Process { get; } = new(4711, 123_456, "7a7ff1b6-7b2e-4a0e-9f5e-000000000001", 4_026_531_836);

    public static GroupRef Group { get; } = new(4711, Process, Id);

    /// <summary>A spawn with nearly every member set.</summary>
    public static SpawnProcessOperation Spawn { get; } =
        new SpawnProcessOperation("/usr/bin/deploy", ["--to", "staging", Argument.Secret("hunter2"), "--token=abc"])
            .WithEnvironmentVariable("API_KEY", "xyz")
            .WithoutEnvironmentVariable("LD_PRELOAD")
            .WithCleanEnvironment()
            .WithWorkingDirectory("/srv/dépôt")
            .WithNewProcessGroup()
            .WithDetachFromTerminal()
            .WithStandardInput(StandardInputKind.Pipe)
            .WithStandardOutput(StandardOutputConfig.Capture(4096))
            .WithStandardError(StandardOutputConfig.SameAsOutput)
            .WithTimeLimit(TimeSpan.FromHours(36))
            .WithStopSequence(StopSequence.Starting(Signal.Interrupt, TimeSpan.FromMilliseconds(1500))) with
        {
            Containment = Containment.PidNamespace,
            RunAs = new RunAs("www-data", "33") { SupplementaryGroups = ["audio"] },
            Privileges = new PrivilegeConfig { NoNewPrivileges = true, Capabilities = ["CAP_NET_BIND_SERVICE"] },
            Sandbox = new SandboxConfig
            {
                ReadPaths = ["/usr"],
                WritePaths = ["/tmp"],
                ExecutePaths = ["/usr/bin"],
                NoNetwork = true,
                RefusedSystemCalls = ["@mount"],
            },
            Limits = new ResourceLimits
            {
                MemoryBytes = 1 << 30,
                CpuTime = TimeSpan.FromMinutes(2),
                CpuMillis = 1500,
                Processes = 64,
                OpenFiles = 256,
                FileSizeBytes = 0,
                CoreDumpBytes = 0,
            },
            Nice = 5,
            CpuAffinity = [0, 1],
            IoPriority = new IoPriority { Class = IoPriorityClass.RealTime, Level = 3 },
            Umask = 0x12,
        };

    /// <summary>One operation of each kind, by the name of its golden file.</summary>
    public static IReadOnlyList<(string Name, IOperation Operation, OperationKind Kind)> Golden { get; } =
    [
        ("spawn_process", Spawn, ProcessOperationKinds.Spawn),
        ("spawn_process-plain", new SpawnProcessOperation("true"), ProcessOperationKinds.Spawn),
        (
            "spawn_process-join",
            new SpawnProcessOperation("worker")
                .WithProcessGroup(Group)
                .WithStandardOutput(new StandardOutputConfig { Kind = StandardOutputKind.File, File = "/var/log/w" }),
            ProcessOperationKinds.Spawn
        ),
        (
            "spawn_process-detached",
            new SpawnProcessOperation("./daemon").WithLifetime(ProcessLifetime.Detached),
            ProcessOperationKinds.Spawn
        ),
        (
            "spawn_process-rotated_file",
            new SpawnProcessOperation("worker")
                .WithStandardOutput(StandardOutputConfig.ToRotatedFile("/var/log/w", 10 << 20, count: 3, mode: 0x1A0))
                .WithStandardError(StandardOutputConfig.ToFile("w.err")),
            ProcessOperationKinds.Spawn
        ),
        (
            "spawn_process-tee",
            new SpawnProcessOperation("worker")
                .WithStandardOutput(
                    StandardOutputConfig.Tee(
                        StandardOutputConfig.Inherit,
                        StandardOutputConfig.Capture(4096),
                        StandardOutputConfig.ToFile("/var/log/w")
                    )
                )
                .WithInputText("secret\0 input"),
            ProcessOperationKinds.Spawn
        ),
        (
            "spawn_process-terminal",
            new SpawnProcessOperation("sh").WithTerminal(new TerminalSize(132, 50), StandardOutputConfig.Capture()),
            ProcessOperationKinds.Spawn
        ),
        (
            "spawn_process-pipeline",
            new SpawnProcessOperation("wc") { StandardInput = StandardInputKind.Process, InputFrom = Id },
            ProcessOperationKinds.Spawn
        ),
        ("run_process", new RunProcessOperation("git", ["status", "--short"]), ProcessOperationKinds.Run),
        ("process_signal", new ProcessSignalOperation(Process, Signal.Hangup), ProcessOperationKinds.Signal),
        ("process_group_signal", ProcessSignalOperation.ForGroup(Group, Signal.FromNumber(34)), ProcessOperationKinds.Signal),
        ("kill_process", new KillProcessOperation(4711).WithGracePeriod(TimeSpan.FromSeconds(5)), ProcessOperationKinds.Kill),
        ("kill_process_group", new KillProcessGroupOperation(Group), ProcessOperationKinds.KillGroup),
        ("attach_process", new AttachProcessOperation(4711), ProcessOperationKinds.Attach),
        (
            "attach_process-detached",
            new AttachProcessOperation(Process)
                .WithLifetime(ProcessLifetime.Detached)
                .WithStopSequence(StopSequence.Starting(Signal.Interrupt, TimeSpan.FromSeconds(1))),
            ProcessOperationKinds.Attach
        ),
        ("release_process", new ReleaseProcessOperation(Process), ProcessOperationKinds.Release),
        ("release_process_group", ReleaseProcessOperation.ForGroup(Group), ProcessOperationKinds.Release),
        ("query_process", new QueryProcessOperation(Process), ProcessOperationKinds.Query),
        ("query_process_group", new QueryProcessGroupOperation(4711), ProcessOperationKinds.QueryGroup),
    ];
}
