namespace Osl.Hosting.Telemetry;

/// <summary>The names under which a host tells of itself (knowledge/telemetry.md). They are kept: dashboards depend on them.</summary>
public static class OslTelemetry
{
    /// <summary>The name of the ActivitySource: one activity an operation.</summary>
    public const string ActivitySourceName = "Osl";

    /// <summary>The name of the Meter.</summary>
    public const string MeterName = "Osl";

    /// <summary>Counter, {operation}: operations that are through, by <see cref="OperationType"/> and <see cref="Outcome"/>.</summary>
    public const string Operations = "osl.operations";

    /// <summary>Histogram, s: how long they took, by the same.</summary>
    public const string OperationDuration = "osl.operation.duration";

    /// <summary>Up-down counter, {process}: what this host has started and not yet seen end.</summary>
    public const string Processes = "osl.processes";

    /// <summary>Counter, {process}: what has ended, by <see cref="Exit"/>.</summary>
    public const string ProcessExits = "osl.process.exits";

    /// <summary>Counter, s: CPU time of what has ended, by cpu.mode (user, system).</summary>
    public const string ProcessCpuTime = "osl.process.cpu.time";

    /// <summary>Counter, {group}: groups that were made.</summary>
    public const string GroupsStarted = "osl.groups.started";

    /// <summary>Counter, {group}: groups of which nobody is left. Made less emptied is what lives.</summary>
    public const string GroupsEnded = "osl.groups.ended";

    /// <summary>Counter, {record}: records that the journal could not take.</summary>
    public const string AuditFailures = "osl.audit.failures";

    /// <summary>Which operation, as the journal calls it: spawn_process, kill_process_group, ….</summary>
    public const string OperationType = "osl.operation.type";

    /// <summary>The operation's id, by which the journal is searched.</summary>
    public const string OperationIdTag = "osl.operation.id";

    /// <summary>The operation in whose course it was done.</summary>
    public const string OperationParent = "osl.operation.parent";

    /// <summary>succeeded, or the code of the error: denied, not_found, …; cancelled and faulted where it threw.</summary>
    public const string Outcome = "osl.outcome";

    /// <summary>The policy's rule that decided.</summary>
    public const string PolicyRule = "osl.policy.rule";

    /// <summary>How a process ended: exited, failed, signalled, time_limit, unknown.</summary>
    public const string Exit = "osl.exit";
}
