using System.Text.Json;
using Osl.Operations.Processes;

namespace Osl.Operations;

internal static partial class OperationWriter
{
    internal static void Write(Utf8JsonWriter json, SpawnProcessOperation operation)
    {
        json.WriteStartObject();
        json.WriteText("program"u8, operation.Program);
        WriteArguments(json, operation.Arguments);
        WriteEnvironment(json, operation.Environment);
        json.WriteText("working_directory"u8, operation.WorkingDirectory);
        WriteProcessGroup(json, operation.ProcessGroup);
        WriteIfTrue(json, "detach_from_terminal"u8, operation.DetachFromTerminal);
        WriteIfTrue(json, "foreground_terminal"u8, operation.ForegroundTerminal);
        WriteIfNotDefault(json, "standard_input"u8, NameOf(operation.StandardInput), (int)operation.StandardInput);
        json.WriteText("input_text"u8, operation.InputText);
        json.WriteId("input_from"u8, operation.InputFrom);
        WriteOutput(json, "standard_output"u8, operation.StandardOutput);
        WriteOutput(json, "standard_error"u8, operation.StandardError);
        WriteIfNotDefault(json, "lifetime"u8, NameOf(operation.Lifetime), (int)operation.Lifetime);
        json.WriteDuration("time_limit"u8, operation.TimeLimit);
        WriteStopSequence(json, operation.StopSequence);
        WriteIfNotDefault(json, "containment"u8, NameOf(operation.Containment), (int)operation.Containment);
        WriteRunAs(json, operation.RunAs);
        WritePrivileges(json, operation.Privileges);
        WriteSandbox(json, operation.Sandbox);
        WriteLimits(json, operation.Limits);
        json.WriteInteger("nice"u8, operation.Nice);
        if (operation.CpuAffinity.Count > 0)
        {
            json.WriteList("cpu_affinity"u8, operation.CpuAffinity);
        }

        WriteIoPriority(json, operation.IoPriority);
        json.WriteInteger("umask"u8, operation.Umask);
        json.WriteEndObject();
    }

    private static void WriteIoPriority(Utf8JsonWriter json, IoPriority? priority)
    {
        if (priority is null)
        {
            return;
        }

        json.WriteStartObject("io_priority"u8);
        WriteIfNotDefault(json, "class"u8, NameOf(priority.Class), (int)priority.Class);
        WriteIfNotZero(json, "level"u8, priority.Level);
        json.WriteEndObject();
    }

    private static void WriteArguments(Utf8JsonWriter json, ValueList<Argument> arguments)
    {
        if (arguments.Count == 0)
        {
            return;
        }

        json.WriteStartArray("arguments"u8);
        foreach (var argument in arguments.AsSpan())
        {
            ArgumentConverter.Write(json, argument);
        }

        json.WriteEndArray();
    }

    private static void WriteEnvironment(Utf8JsonWriter json, EnvironmentConfig environment)
    {
        json.WriteStartObject("environment"u8);
        WriteIfTrue(json, "clean"u8, environment.Clean);
        if (environment.Set.Count > 0)
        {
            json.WriteStartArray("set"u8);
            foreach (var variable in environment.Set.AsSpan())
            {
                if (variable is null)
                {
                    json.WriteNullValue();
                    continue;
                }

                json.WriteStartObject();
                json.WriteText("name"u8, variable.Name);
                json.WriteText("value"u8, variable.Value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        WriteIfAny(json, "unset"u8, environment.Unset);
        json.WriteEndObject();
    }

    private static void WriteProcessGroup(Utf8JsonWriter json, ProcessGroupConfig group)
    {
        json.WriteStartObject("process_group"u8);
        WriteIfNotDefault(json, "placement"u8, NameOf(group.Placement), (int)group.Placement);
        WriteTarget(json, group.Target);
        json.WriteEndObject();
    }

    private static void WriteOutput(Utf8JsonWriter json, ReadOnlySpan<byte> member, StandardOutputConfig output)
    {
        json.WriteStartObject(member);
        WriteOutput(json, output);
        json.WriteEndObject();
    }

    private static void WriteOutput(Utf8JsonWriter json, StandardOutputConfig output)
    {
        WriteIfNotDefault(json, "kind"u8, NameOf(output.Kind), (int)output.Kind);
        WriteIfNotZero(json, "capture_limit"u8, output.CaptureLimit);
        json.WriteText("file"u8, output.File);
        json.WriteInteger("file_mode"u8, output.FileMode);
        WriteIfNotZero(json, "rotate_size"u8, output.RotateSize);
        WriteIfNotZero(json, "rotate_count"u8, output.RotateCount);
        if (output.Targets.Count > 0)
        {
            json.WriteStartArray("targets"u8);
            foreach (var target in output.Targets.AsSpan())
            {
                if (target is null)
                {
                    json.WriteNullValue();
                    continue;
                }

                json.WriteStartObject();
                WriteOutput(json, target);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (output.TerminalSize is { } size)
        {
            json.WriteStartObject("terminal_size"u8);
            WriteIfNotZero(json, "columns"u8, size.Columns);
            WriteIfNotZero(json, "rows"u8, size.Rows);
            json.WriteEndObject();
        }
    }

    private static void WriteRunAs(Utf8JsonWriter json, RunAs? runAs)
    {
        if (runAs is null)
        {
            return;
        }

        json.WriteStartObject("run_as"u8);
        json.WriteText("user"u8, runAs.User);
        json.WriteText("group"u8, runAs.Group);
        WriteIfAny(json, "supplementary_groups"u8, runAs.SupplementaryGroups);
        json.WriteEndObject();
    }

    private static void WritePrivileges(Utf8JsonWriter json, PrivilegeConfig? privileges)
    {
        if (privileges is null)
        {
            return;
        }

        json.WriteStartObject("privileges"u8);
        WriteIfTrue(json, "no_new_privileges"u8, privileges.NoNewPrivileges);
        if (privileges.Capabilities is { } capabilities)
        {
            json.WriteList("capabilities"u8, capabilities);
        }

        json.WriteEndObject();
    }

    private static void WriteSandbox(Utf8JsonWriter json, SandboxConfig? sandbox)
    {
        if (sandbox is null)
        {
            return;
        }

        json.WriteStartObject("sandbox"u8);
        WriteIfAny(json, "read_paths"u8, sandbox.ReadPaths);
        WriteIfAny(json, "write_paths"u8, sandbox.WritePaths);
        WriteIfAny(json, "execute_paths"u8, sandbox.ExecutePaths);
        WriteIfTrue(json, "no_network"u8, sandbox.NoNetwork);
        WriteIfAny(json, "refused_system_calls"u8, sandbox.RefusedSystemCalls);
        json.WriteEndObject();
    }

    private static void WriteLimits(Utf8JsonWriter json, ResourceLimits? limits)
    {
        if (limits is null)
        {
            return;
        }

        json.WriteStartObject("limits"u8);
        json.WriteInteger("memory_bytes"u8, limits.MemoryBytes);
        json.WriteDuration("cpu_time"u8, limits.CpuTime);
        json.WriteInteger("cpu_millis"u8, limits.CpuMillis);
        json.WriteInteger("processes"u8, limits.Processes);
        json.WriteInteger("open_files"u8, limits.OpenFiles);
        json.WriteInteger("file_size_bytes"u8, limits.FileSizeBytes);
        json.WriteInteger("core_dump_bytes"u8, limits.CoreDumpBytes);
        json.WriteEndObject();
    }

    private static void WriteIfNotDefault(Utf8JsonWriter json, ReadOnlySpan<byte> member, ReadOnlySpan<byte> name, int number)
    {
        if (number != 0)
        {
            json.WriteName(member, name, number);
        }
    }

    private static ReadOnlySpan<byte> NameOf(StandardInputKind kind) =>
        kind switch
        {
            StandardInputKind.Inherit => "inherit"u8,
            StandardInputKind.Pipe => "pipe"u8,
            StandardInputKind.Text => "text"u8,
            StandardInputKind.Process => "process"u8,
            StandardInputKind.Terminal => "terminal"u8,
            _ => default,
        };

    private static ReadOnlySpan<byte> NameOf(ProcessLifetime lifetime) => lifetime == ProcessLifetime.Detached ? "detached"u8 : default;

    private static ReadOnlySpan<byte> NameOf(ProcessGroupPlacement placement) =>
        placement switch
        {
            ProcessGroupPlacement.NewGroup => "new_group"u8,
            ProcessGroupPlacement.JoinGroup => "join_group"u8,
            _ => default,
        };

    private static ReadOnlySpan<byte> NameOf(Containment containment) =>
        containment switch
        {
            Containment.Group => "group"u8,
            Containment.Session => "session"u8,
            Containment.Cgroup => "cgroup"u8,
            Containment.PidNamespace => "pid_namespace"u8,
            _ => default,
        };

    private static ReadOnlySpan<byte> NameOf(IoPriorityClass priority) =>
        priority switch
        {
            IoPriorityClass.Idle => "idle"u8,
            IoPriorityClass.RealTime => "real_time"u8,
            _ => default,
        };

    private static ReadOnlySpan<byte> NameOf(StandardOutputKind kind) =>
        kind switch
        {
            StandardOutputKind.Null => "null"u8,
            StandardOutputKind.Pipe => "pipe"u8,
            StandardOutputKind.Capture => "capture"u8,
            StandardOutputKind.SameAsOutput => "same_as_output"u8,
            StandardOutputKind.File => "file"u8,
            StandardOutputKind.Terminal => "terminal"u8,
            StandardOutputKind.Tee => "tee"u8,
            _ => default,
        };
}
