using System.Text.Json;
using Osl.Operations.Processes;

namespace Osl.Operations;

/// <summary>
/// Writes the process operations, member by member in the order of their declaration; what has its type's default value is left out.
/// By hand, for the same reason as <see cref="AuditRecordWriter"/>; reading is the serializer's, and a test holds both together.
/// </summary>
internal static partial class OperationWriter
{
    internal static void Write(Utf8JsonWriter json, RunProcessOperation operation)
    {
        json.WriteStartObject();
        if (operation.Spawn is { } spawn)
        {
            json.WritePropertyName("spawn"u8);
            Write(json, spawn);
        }

        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, ProcessSignalOperation operation)
    {
        json.WriteStartObject();
        WriteTarget(json, operation.Target);
        WriteSignal(json, operation.Signal);
        WriteIfTrue(json, "target_group"u8, operation.TargetGroup);
        WriteGroup(json, operation.Group);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, KillProcessOperation operation)
    {
        json.WriteStartObject();
        WriteTarget(json, operation.Target);
        WriteStopSequence(json, operation.StopSequence);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, KillProcessGroupOperation operation)
    {
        json.WriteStartObject();
        WriteTarget(json, operation.Target);
        WriteStopSequence(json, operation.StopSequence);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, AttachProcessOperation operation)
    {
        json.WriteStartObject();
        WriteTarget(json, operation.Target);
        WriteIfNotDefault(json, "lifetime"u8, NameOf(operation.Lifetime), (int)operation.Lifetime);
        WriteStopSequence(json, operation.StopSequence);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, ReleaseProcessOperation operation)
    {
        json.WriteStartObject();
        WriteTarget(json, operation.Target);
        WriteIfTrue(json, "target_group"u8, operation.TargetGroup);
        WriteGroup(json, operation.Group);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, QueryProcessOperation operation)
    {
        json.WriteStartObject();
        WriteTarget(json, operation.Target);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, QueryProcessGroupOperation operation)
    {
        json.WriteStartObject();
        WriteTarget(json, operation.Target);
        json.WriteEndObject();
    }

    private static void WriteTarget(Utf8JsonWriter json, ProcessTarget? target)
    {
        if (target is null)
        {
            return;
        }

        json.WriteStartObject("target"u8);
        WriteIfNotZero(json, "pid"u8, target.Pid);
        WriteReference(json, "process"u8, target.Process);
        json.WriteEndObject();
    }

    private static void WriteTarget(Utf8JsonWriter json, GroupTarget? target)
    {
        if (target is null)
        {
            return;
        }

        json.WriteStartObject("target"u8);
        WriteIfNotZero(json, "pgid"u8, target.Pgid);
        WriteGroup(json, target.Group);
        json.WriteEndObject();
    }

    private static void WriteGroup(Utf8JsonWriter json, GroupRef? group)
    {
        if (group is null)
        {
            return;
        }

        json.WriteStartObject("group"u8);
        WriteIfNotZero(json, "id"u8, group.Id);
        WriteReference(json, "leader"u8, group.Leader);
        if (!group.Operation.IsEmpty)
        {
            json.WriteId("operation"u8, group.Operation);
        }

        json.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter json, ReadOnlySpan<byte> member, ProcessRef? process)
    {
        if (process is null)
        {
            return;
        }

        json.WriteStartObject(member);
        WriteIfNotZero(json, "pid"u8, process.Pid);
        WriteIfNotZero(json, "start_time"u8, process.StartTime);
        json.WriteText("boot_id"u8, process.BootId);
        WriteIfNotZero(json, "pid_namespace"u8, process.PidNamespace);
        json.WriteEndObject();
    }

    private static void WriteStopSequence(Utf8JsonWriter json, StopSequence sequence)
    {
        json.WriteStartObject("stop_sequence"u8);
        if (sequence.Steps.Count > 0)
        {
            json.WriteStartArray("steps"u8);
            foreach (var step in sequence.Steps.AsSpan())
            {
                if (step is null)
                {
                    json.WriteNullValue();
                    continue;
                }

                json.WriteStartObject();
                WriteSignal(json, step.Signal);
                if (step.Wait != TimeSpan.Zero)
                {
                    json.WriteDuration("wait"u8, step.Wait);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteSignal(Utf8JsonWriter json, Signal signal)
    {
        if (signal.Number != 0)
        {
            json.WriteString("signal"u8, signal.Name);
        }
    }

    private static void WriteIfTrue(Utf8JsonWriter json, ReadOnlySpan<byte> member, bool flag)
    {
        if (flag)
        {
            json.WriteBoolean(member, true);
        }
    }

    private static void WriteIfNotZero(Utf8JsonWriter json, ReadOnlySpan<byte> member, long number)
    {
        if (number != 0)
        {
            json.WriteNumber(member, number);
        }
    }

    private static void WriteIfAny(Utf8JsonWriter json, ReadOnlySpan<byte> member, ValueList<string> texts)
    {
        if (texts.Count > 0)
        {
            json.WriteList(member, texts);
        }
    }
}
