using System.Text.Json;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;

namespace Osl.Security.Audit;

/// <summary>Which records are wanted: those that meet all that is set. Each is judged by what it says itself.</summary>
public sealed record AuditFilter
{
    /// <summary>Only what was recorded then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only what was recorded then or earlier.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Only on behalf of this principal.</summary>
    public string? Principal { get; init; }

    /// <summary>Only what was judged as this action, <c>process.start</c>; or is of this operation type, <c>kill_process_group</c>.</summary>
    public string? Action { get; init; }

    /// <summary>Only about this program: its path, or the last name of it.</summary>
    public string? Executable { get; init; }

    /// <summary>Only about this process.</summary>
    public int? Pid { get; init; }

    /// <summary>Only about this process group.</summary>
    public int? Pgid { get; init; }

    /// <summary>Only what was decided so.</summary>
    public PolicyEffect? Decision { get; init; }

    /// <summary>
    /// Only with this outcome: <c>succeeded</c>, an error's code, or <c>failed</c> for all of those but <c>dry_run</c>.
    /// </summary>
    public string? Outcome { get; init; }

    /// <summary>Only what was denied, or lacked an approval.</summary>
    public bool Denied { get; init; }

    /// <summary>Only of the operations whose ids begin so.</summary>
    public string? Operation { get; init; }

    /// <summary>Only of these operations.</summary>
    public IReadOnlySet<OperationId>? Operations { get; init; }

    /// <summary>Whether a record is wanted.</summary>
    /// <param name="record">The record.</param>
    public bool Matches(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return (Since is null || record.Time >= Since)
            && (Until is null || record.Time <= Until)
            && (Principal is null || Same(Principal, record.Principal))
            && (Action is null || IsOfAction(record, Action))
            && (Executable is null || IsOf(record, Executable))
            && (Pid is null || record.Pid == Pid || record.Target is { IsGroup: false } process && process.Id == Pid)
            && (Pgid is null || IsOfGroup(record, Pgid.Value))
            && (Decision is null || record.Decision == Decision)
            && (Outcome is null || (Same(Outcome, "failed") ? HasFailed(record) : Same(Outcome, record.Outcome)))
            && (!Denied || IsDenied(record))
            && (Operations is null || (record.Operation is { } id && Operations.Contains(id)))
            && (Operation is null || record.Operation?.ToString().StartsWith(Operation, StringComparison.OrdinalIgnoreCase) is true);
    }

    /// <summary>Whether it says that something was denied, or lacked an approval.</summary>
    /// <param name="record">The record.</param>
    public static bool IsDenied(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Decision == PolicyEffect.Deny || record.Outcome is "denied" or "approval_required";
    }

    /// <summary>Whether it says that something did not succeed. What was not to be done has not failed.</summary>
    internal static bool HasFailed(AuditRecord record) =>
        record.Type is AuditRecordType.Outcome or AuditRecordType.Refusal && record.Outcome is not ("succeeded" or "dry_run");

    /// <summary>Whether it says that something would have been allowed, in a dry run.</summary>
    internal static bool IsDryRun(AuditRecord record) => record is { Type: AuditRecordType.Refusal, Outcome: "dry_run" };

    /// <summary>Whether it asks for a process that is to outlive its host.</summary>
    internal static bool StartsDetached(AuditRecord record) =>
        // Most ask for nothing of the kind, and need not be parsed to see that.
        record.RequestJson?.Utf8.IndexOf("\"detached\""u8) >= 0
        && Member(Member(record.Request, "operation"), "lifetime") is { ValueKind: JsonValueKind.String } lifetime
        && lifetime.ValueEquals("detached"u8);

    /// <summary>Whether it is about a group: as its member, as its target, as what it was started into.</summary>
    internal static bool IsOfGroup(AuditRecord record, int pgid) =>
        record.Pgid == pgid || record.TargetPgid == pgid || TargetOf(record) is { IsGroup: true } target && target.Id == pgid;

    /// <summary>The program that a record names: as it was opened, or, where it was refused before, as it was asked for.</summary>
    /// <param name="record">The record.</param>
    /// <returns>Null when it names none.</returns>
    public static string? ProgramOf(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Executable?.Path ?? ProgramIn(record.Request);
    }

    /// <summary>What a record is aimed at: as it was found, or, where it was refused before, as it was asked for.</summary>
    /// <param name="record">The record.</param>
    /// <returns>A pid, or a pgid where it is a group; null when it is aimed at nothing.</returns>
    public static (int Id, bool IsGroup)? TargetOf(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Target is { } found ? (found.Id, found.IsGroup) : TargetIn(record.Request);
    }

    private static (int Id, bool IsGroup)? TargetIn(JsonElement? request)
    {
        var target = Member(Member(request, "operation"), "target");
        return NumberIn(target, "pgid") is { } pgid ? (pgid, true)
            : NumberIn(target, "pid") is { } pid ? (pid, false)
            : null;
    }

    private static int? NumberIn(JsonElement? element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : null;

    private static string? ProgramIn(JsonElement? request)
    {
        var operation = Member(request, "operation");
        var program = Member(Member(operation, "spawn") ?? operation, "program");
        return program is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
    }

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var member) ? member : null;

    private static bool IsOfAction(AuditRecord record, string action) =>
        Same(action, record.OperationType) || record.Action?.Split(' ').Contains(action, StringComparer.Ordinal) is true;

    private static bool IsOf(AuditRecord record, string wanted) =>
        IsProgram(wanted, ProgramOf(record))
        || record.Executable is { } program && (IsProgram(wanted, program.CanonicalPath) || IsProgram(wanted, program.Requested));

    private static bool IsProgram(string wanted, string? path) =>
        Same(wanted, path) || (!wanted.Contains('/', StringComparison.Ordinal) && Same(wanted, Path.GetFileName(path)));

    private static bool Same(string wanted, string? found) => string.Equals(wanted, found, StringComparison.Ordinal);
}
