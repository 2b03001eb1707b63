using System.Text.Json;
using Osl.Operations.Auditing;
using Osl.Operations.Facts;
using Osl.Operations.Policies;

namespace Osl.Operations;

/// <summary>
/// Writes audit records, member by member in the order of their declaration. By hand: the serializer's way is compiled anew in each
/// process, which costs every start of <c>osl</c> more than all the rest (knowledge/start-up.md). Reading is the serializer's, and a
/// test holds both together.
/// </summary>
internal static class AuditRecordWriter
{
    internal static void Write(Utf8JsonWriter json, AuditRecord record)
    {
        json.WriteStartObject();
        json.WriteNumber("v"u8, record.V);
        json.WriteName("type"u8, NameOf(record.Type), (int)record.Type);
        json.WriteString("time"u8, record.Time);
        json.WriteId("operation"u8, record.Operation);
        json.WriteId("parent"u8, record.Parent);
        json.WriteText("operation_type"u8, record.OperationType);
        json.WriteText("action"u8, record.Action);
        json.WriteText("principal"u8, record.Principal);
        json.WriteText("reason"u8, record.Reason);
        json.WriteNumber("host_pid"u8, record.HostPid);
        json.WriteNumber("host_uid"u8, record.HostUid);
        if (record.RequestJson is { } request)
        {
            json.WritePropertyName("request"u8);
            json.WriteRawValue(request.Utf8, skipInputValidation: true);
        }

        WriteJudgement(json, record);
        WriteOutcome(json, record);
        json.WriteEndObject();
    }

    private static void WriteJudgement(Utf8JsonWriter json, AuditRecord record)
    {
        if (record.Decision is { } decision)
        {
            json.WriteName("decision"u8, NameOf(decision), (int)decision);
        }

        json.WriteText("rule"u8, record.Rule);
        json.WriteText("policy_hash"u8, record.PolicyHash);
        json.WriteText("previous_policy_hash"u8, record.PreviousPolicyHash);
        if (record.Executable is { } executable)
        {
            Write(json, executable);
        }

        if (record.Target is { } target)
        {
            Write(json, target);
        }

        json.WriteFlag("elevated"u8, record.Elevated);
    }

    private static void WriteOutcome(Utf8JsonWriter json, AuditRecord record)
    {
        json.WriteText("outcome"u8, record.Outcome);
        json.WriteText("message"u8, record.Message);
        json.WriteText("effect"u8, record.Effect);
        json.WriteInteger("pid"u8, record.Pid);
        json.WriteInteger("pgid"u8, record.Pgid);
        json.WriteInteger("target_pgid"u8, record.TargetPgid);
        json.WriteInteger("processes_affected"u8, record.ProcessesAffected);
        json.WriteInteger("ended"u8, record.Ended);
        json.WriteInteger("forced"u8, record.Forced);
        if (record.Escaped is { } escaped)
        {
            json.WriteList("escaped"u8, escaped);
        }

        json.WriteInteger("exit_code"u8, record.ExitCode);
        json.WriteText("exit_signal"u8, record.ExitSignal);
        json.WriteFlag("time_limit_reached"u8, record.TimeLimitReached);
        json.WriteInteger("cpu_microseconds"u8, record.CpuMicroseconds);
        json.WriteInteger("peak_memory"u8, record.PeakMemory);
        json.WriteInteger("output_lost"u8, record.OutputLost);
        json.WriteInteger("gap_count"u8, record.GapCount);
        if (record.GapFrom is { } from)
        {
            json.WriteString("gap_from"u8, from);
        }

        if (record.GapTo is { } to)
        {
            json.WriteString("gap_to"u8, to);
        }

        if (record.GapOperations is { } operations)
        {
            json.WriteList("gap_operations"u8, operations);
        }
    }

    private static void Write(Utf8JsonWriter json, ExecutableFacts executable)
    {
        json.WriteStartObject("executable"u8);
        json.WriteText("requested"u8, executable.Requested);
        json.WriteText("path"u8, executable.Path);
        json.WriteText("canonical_path"u8, executable.CanonicalPath);
        json.WriteNumber("device"u8, executable.Device);
        json.WriteNumber("inode"u8, executable.Inode);
        json.WriteNumber("owner_uid"u8, executable.OwnerUid);
        json.WriteNumber("mode"u8, executable.Mode);
        json.WriteText("interpreter"u8, executable.Interpreter);
        json.WriteText("sha256"u8, executable.Sha256);
        json.WriteFlag("is_trusted"u8, executable.IsTrusted);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TargetFacts target)
    {
        json.WriteStartObject("target"u8);
        json.WriteNumber("id"u8, target.Id);
        json.WriteBoolean("is_group"u8, target.IsGroup);
        json.WriteName("relation"u8, NameOf(target.Relation), (int)target.Relation);
        json.WriteNumber("members"u8, target.Members);
        json.WriteText("principal"u8, target.Principal);
        json.WriteId("started_by"u8, target.StartedBy);
        json.WriteList("other_uids"u8, target.OtherUids);
        json.WriteEndObject();
    }

    private static ReadOnlySpan<byte> NameOf(AuditRecordType type) =>
        type switch
        {
            AuditRecordType.Intent => "intent"u8,
            AuditRecordType.Outcome => "outcome"u8,
            AuditRecordType.Started => "started"u8,
            AuditRecordType.Exit => "exit"u8,
            AuditRecordType.Refusal => "refusal"u8,
            AuditRecordType.Gap => "gap"u8,
            AuditRecordType.Approval => "approval"u8,
            AuditRecordType.Policy => "policy"u8,
            _ => default,
        };

    private static ReadOnlySpan<byte> NameOf(PolicyEffect effect) =>
        effect switch
        {
            PolicyEffect.Allow => "allow"u8,
            PolicyEffect.RequireApproval => "require_approval"u8,
            PolicyEffect.Deny => "deny"u8,
            _ => default,
        };

    private static ReadOnlySpan<byte> NameOf(TargetRelation relation) =>
        relation switch
        {
            TargetRelation.Foreign => "foreign"u8,
            TargetRelation.OtherPrincipal => "other_principal"u8,
            TargetRelation.Own => "own"u8,
            TargetRelation.Attached => "attached"u8,
            _ => default,
        };
}
