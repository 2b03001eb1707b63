namespace Osl.Operations.Processes;

/// <summary>The one table of the process operations: record, JSON kind, policy action, audit <c>operation_type</c>.</summary>
public static class ProcessOperationKinds
{
    private static readonly OperationJsonContext Json = OperationJsonContext.Default;

    /// <summary><see cref="SpawnProcessOperation"/></summary>
    public static OperationKind<SpawnProcessOperation> Spawn { get; } =
        new()
        {
            Name = "spawn_process",
            Actions = [ProcessActions.Start],
            Json = Json.SpawnProcessOperation,
            Validator = new SpawnProcessValidator(),
            Redaction = static operation => Abbreviation.Of(Redaction.Redact(operation)),
        };

    /// <summary><see cref="RunProcessOperation"/></summary>
    public static OperationKind<RunProcessOperation> Run { get; } =
        new()
        {
            Name = "run_process",
            Actions = [ProcessActions.Start],
            Json = Json.RunProcessOperation,
            Validator = new RunProcessValidator(),
            Redaction = static operation => Abbreviation.Of(Redaction.Redact(operation)),
        };

    /// <summary><see cref="ProcessSignalOperation"/></summary>
    public static OperationKind<ProcessSignalOperation> Signal { get; } =
        new()
        {
            Name = "process_signal",
            Actions = [ProcessActions.Signal],
            NeverWaitsForJournal = true,
            OperationType = signal => signal.TargetGroup ? "process_group_signal" : "process_signal",
            Json = Json.ProcessSignalOperation,
            Validator = new ProcessSignalValidator(),
        };

    /// <summary><see cref="KillProcessOperation"/></summary>
    public static OperationKind<KillProcessOperation> Kill { get; } =
        new()
        {
            Name = "kill_process",
            Actions = [ProcessActions.Signal],
            NeverWaitsForJournal = true,
            Json = Json.KillProcessOperation,
            Validator = new KillProcessValidator(),
        };

    /// <summary><see cref="KillProcessGroupOperation"/></summary>
    public static OperationKind<KillProcessGroupOperation> KillGroup { get; } =
        new()
        {
            Name = "kill_process_group",
            Actions = [ProcessActions.Signal],
            NeverWaitsForJournal = true,
            Json = Json.KillProcessGroupOperation,
            Validator = new KillProcessGroupValidator(),
        };

    /// <summary><see cref="QueryProcessOperation"/></summary>
    public static OperationKind<QueryProcessOperation> Query { get; } =
        new()
        {
            Name = "query_process",
            Actions = [ProcessActions.Inspect],
            Json = Json.QueryProcessOperation,
            Validator = new QueryProcessValidator(),
        };

    /// <summary><see cref="QueryProcessGroupOperation"/></summary>
    public static OperationKind<QueryProcessGroupOperation> QueryGroup { get; } =
        new()
        {
            Name = "query_process_group",
            Actions = [ProcessActions.Inspect],
            Json = Json.QueryProcessGroupOperation,
            Validator = new QueryProcessGroupValidator(),
        };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<OperationKind> All { get; } = [Spawn, Run, Signal, Kill, KillGroup, Query, QueryGroup];
}
