using System.Text.Json;
using System.Text.Json.Serialization;
using Osl.Operations.Facts;
using Osl.Operations.Policies;

namespace Osl.Operations.Auditing;

/// <summary>What a record is about.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<AuditRecordType>))]
public enum AuditRecordType
{
    /// <summary>It was allowed and is about to be done.</summary>
    Intent,

    /// <summary>What came of it.</summary>
    Outcome,

    /// <summary>The program of a run is running; its outcome comes at its end.</summary>
    Started,

    /// <summary>A process that was started has ended.</summary>
    Exit,

    /// <summary>It was not done: invalid, not found, denied.</summary>
    Refusal,

    /// <summary>Records that could not be written when they were due.</summary>
    Gap,

    /// <summary>An approval was asked for, and this is the answer.</summary>
    Approval,

    /// <summary>The policy was read again: another one holds from here on, or the new one was refused.</summary>
    Policy,
}

/// <summary>
/// One record of the journal. Secrets are masked before it is made. Members that do not apply are null and not written.
/// The names are the journal's field names in snake_case.
/// </summary>
public sealed record AuditRecord
{
    /// <summary>The version of this shape.</summary>
    public int V
    {
        get;
        init => field = value == 0 ? 1 : value;
    } = 1;

    /// <summary>What it is about.</summary>
    public AuditRecordType Type { get; init; }

    /// <summary>When, UTC, by the writer's clock.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The call it belongs to; null for a gap.</summary>
    public OperationId? Operation { get; init; }

    /// <summary>The operation in whose course it was done: of this host, or of the Osl that started this host.</summary>
    public OperationId? Parent { get; init; }

    /// <summary><c>spawn_process</c>, <c>process_group_signal</c>, …</summary>
    public string? OperationType { get; init; }

    /// <summary>What the policy judged.</summary>
    public string? Action { get; init; }

    /// <summary>On whose behalf.</summary>
    public string? Principal { get; init; }

    /// <summary>Why, in the words of whoever asked.</summary>
    public string? Reason { get; init; }

    /// <summary>The process that wrote this record.</summary>
    public int HostPid { get; init; }

    /// <summary>The uid it runs as; -1 where there are none.</summary>
    public long HostUid { get; init; }

    /// <summary>What was asked for: the operation's audit form, as <see cref="OperationJson.WriteRaw"/> gives it.</summary>
    [JsonPropertyName("request")]
    public RawJson? RequestJson { get; init; }

    /// <summary>The same to look into; parsed at each call.</summary>
    [JsonIgnore]
    public JsonElement? Request
    {
        get => RequestJson?.ToElement();
        init => RequestJson = value is { } element ? RawJson.From(element) : null;
    }

    /// <summary>Allow, RequireApproval, Deny.</summary>
    public PolicyEffect? Decision { get; init; }

    /// <summary>The rule that decided.</summary>
    public string? Rule { get; init; }

    /// <summary>The policy that decided; where it was read again, the one that holds from here on.</summary>
    public string? PolicyHash { get; init; }

    /// <summary>Where the policy was read again: the one that held until here.</summary>
    public string? PreviousPolicyHash { get; init; }

    /// <summary>Which program, as it was opened.</summary>
    public ExecutableFacts? Executable { get; init; }

    /// <summary>Whom it was about.</summary>
    public TargetFacts? Target { get; init; }

    /// <summary>Whether it required elevation.</summary>
    public bool? Elevated { get; init; }

    /// <summary><c>succeeded</c>, or the error's code.</summary>
    public string? Outcome { get; init; }

    /// <summary>The error's message.</summary>
    public string? Message { get; init; }

    /// <summary>What a failed operation has done to the system.</summary>
    public string? Effect { get; init; }

    /// <summary>The result's metadata.</summary>
    public int? Pid { get; init; }

    /// <summary>The process group.</summary>
    public int? Pgid { get; init; }

    /// <summary>The group that was signalled or ended.</summary>
    public int? TargetPgid { get; init; }

    /// <summary>Members seen immediately before the signal.</summary>
    public int? ProcessesAffected { get; init; }

    /// <summary>For a stop: how many were seen to end.</summary>
    public int? Ended { get; init; }

    /// <summary>For a stop: how many were still alive when SIGKILL was sent.</summary>
    public int? Forced { get; init; }

    /// <summary>For a stop: pids of those who had left the group and are alive.</summary>
    public ValueList<int>? Escaped { get; init; }

    /// <summary>For an exit: the exit code.</summary>
    public int? ExitCode { get; init; }

    /// <summary>For an exit: the name of the signal that ended it.</summary>
    public string? ExitSignal { get; init; }

    /// <summary>For an exit: whether its time limit ended it.</summary>
    public bool? TimeLimitReached { get; init; }

    /// <summary>For an exit: CPU time in microseconds.</summary>
    public long? CpuMicroseconds { get; init; }

    /// <summary>For an exit: largest resident set in bytes.</summary>
    public long? PeakMemory { get; init; }

    /// <summary>For a run: how many bytes of its output did not get to a file or another target it named; null for none.</summary>
    public long? OutputLost { get; init; }

    /// <summary>For a gap: how many records are missing.</summary>
    public long? GapCount { get; init; }

    /// <summary>For a gap: when the first of them was due.</summary>
    public DateTimeOffset? GapFrom { get; init; }

    /// <summary>For a gap: when the last of them was due.</summary>
    public DateTimeOffset? GapTo { get; init; }

    /// <summary>For a gap: the operations concerned, the first 64.</summary>
    public ValueList<string>? GapOperations { get; init; }

    /// <summary>Its kind, operation and time.</summary>
    public override string ToString() => $"{Type} {Operation} {Time:O}";
}
