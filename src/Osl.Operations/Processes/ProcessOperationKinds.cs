namespace Osl.Operations.Processes;

/// <summary>The one table of the process operations: record, JSON kind, policy action, audit <c>operation_type</c>.</summary>
public static class ProcessOperationKinds
{
    /// <summary><see cref="SpawnProcessOperation"/></summary>
    public static OperationKind<SpawnProcessOperation> Spawn { get; } =
        new(
            "spawn_process",
            ProcessActions.Start,
            new SpawnProcessValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.SpawnProcessOperation
        )
        {
            Redaction = static operation => Abbreviation.Of(Redaction.Redact(operation)),
        };

    /// <summary><see cref="RunProcessOperation"/></summary>
    public static OperationKind<RunProcessOperation> Run { get; } =
        new(
            "run_process",
            ProcessActions.Start,
            new RunProcessValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.RunProcessOperation
        )
        {
            Redaction = static operation => Abbreviation.Of(Redaction.Redact(operation)),
        };

    /// <summary><see cref="ProcessSignalOperation"/></summary>
    public static OperationKind<ProcessSignalOperation> Signal { get; } =
        new(
            "process_signal",
            ProcessActions.Signal,
            new ProcessSignalValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.ProcessSignalOperation
        )
        {
            NeverWaitsForJournal = true,
            OperationType = signal => signal.TargetGroup ? "process_group_signal" : "process_signal",
        };

    /// <summary><see cref="KillProcessOperation"/></summary>
    public static OperationKind<KillProcessOperation> Kill { get; } =
        new(
            "kill_process",
            ProcessActions.Signal,
            new KillProcessValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.KillProcessOperation
        )
        {
            NeverWaitsForJournal = true,
        };

    /// <summary><see cref="KillProcessGroupOperation"/></summary>
    public static OperationKind<KillProcessGroupOperation> KillGroup { get; } =
        new(
            "kill_process_group",
            ProcessActions.Signal,
            new KillProcessGroupValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.KillProcessGroupOperation
        )
        {
            NeverWaitsForJournal = true,
        };

    /// <summary><see cref="AttachProcessOperation"/></summary>
    public static OperationKind<AttachProcessOperation> Attach { get; } =
        new(
            "attach_process",
            ProcessActions.Attach,
            new AttachProcessValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.AttachProcessOperation
        );

    /// <summary><see cref="ReleaseProcessOperation"/></summary>
    public static OperationKind<ReleaseProcessOperation> Release { get; } =
        new(
            "release_process",
            ProcessActions.Attach,
            new ReleaseProcessValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.ReleaseProcessOperation
        )
        {
            OperationType = release => release.TargetGroup ? "release_process_group" : "release_process",
        };

    /// <summary><see cref="QueryProcessOperation"/></summary>
    public static OperationKind<QueryProcessOperation> Query { get; } =
        new(
            "query_process",
            ProcessActions.Inspect,
            new QueryProcessValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.QueryProcessOperation
        );

    /// <summary><see cref="QueryProcessGroupOperation"/></summary>
    public static OperationKind<QueryProcessGroupOperation> QueryGroup { get; } =
        new(
            "query_process_group",
            ProcessActions.Inspect,
            new QueryProcessGroupValidator(),
            OperationWriter.Write,
            () => OperationJsonContext.Default.QueryProcessGroupOperation
        );

    /// <summary>All of them.</summary>
    public static IReadOnlyList<OperationKind> All { get; } = [Spawn, Run, Signal, Kill, KillGroup, Attach, Release, Query, QueryGroup];
}
