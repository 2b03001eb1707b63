using System.Text.Json;
using System.Text.Unicode;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Cli.Output;

/// <summary>The results of run for programs: described in knowledge/cli-json.md.</summary>
internal static class RunJson
{
    internal static void Write(TextWriter output, RunProcessResult result, bool timedOut) =>
        Json.WriteObject(
            output,
            json =>
            {
                json.WriteString("operation"u8, result.OperationId.ToString());
                json.WriteNumber("pid"u8, result.Pid);
                json.WriteNumber("pgid"u8, result.Pgid);
                WriteNullable(json, "exit_code"u8, result.ExitStatus.ExitCode);
                json.WriteString("signal"u8, result.ExitStatus.Signal?.Name);
                json.WriteBoolean("timed_out"u8, timedOut);
                WriteStream(json, "stdout", result.StandardOutput);
                WriteStream(json, "stderr", result.StandardError);
                json.WriteNumber("left_behind"u8, result.LeftBehind);
                json.WritePids("escaped"u8, result.Escaped);
                json.WriteNumber("duration_ms"u8, (long)result.Duration.TotalMilliseconds);
                json.WriteNumber("cpu_ms"u8, (long)(result.Exit.UserTime + result.Exit.SystemTime).TotalMilliseconds);
                json.WriteNumber("peak_memory_bytes"u8, result.Exit.PeakMemory);
                json.WriteBoolean("outcome_recorded"u8, result.OutcomeRecorded);
            }
        );

    internal static void Write(TextWriter output, SpawnProcessResult started) =>
        Json.WriteObject(
            output,
            json =>
            {
                json.WriteString("operation"u8, started.OperationId.ToString());
                json.WriteNumber("pid"u8, started.Pid);
                json.WriteNumber("pgid"u8, started.Pgid);
                json.WriteString("lifetime"u8, "detached"u8);
                json.WriteBoolean("outcome_recorded"u8, started.OutcomeRecorded);
            }
        );

    /// <summary>For what would have been started.</summary>
    internal static void WriteDryRun(TextWriter output, OperationError error) =>
        Json.WriteObject(
            output,
            json =>
            {
                json.WriteString("operation"u8, error.OperationId.ToString());
                json.WriteBoolean("dry_run"u8, true);
                json.WriteString("decision"u8, "allow"u8);
                json.WriteString("message"u8, error.Message);
                json.WriteBoolean("outcome_recorded"u8, error.OutcomeRecorded);
            }
        );

    private static void WriteStream(Utf8JsonWriter json, string name, CapturedOutput captured)
    {
        json.WriteString(name, captured.Text);
        if (!Utf8.IsValid(captured.Bytes.Span))
        {
            // The text has U+FFFD where the bytes were no UTF-8: here they are as they were.
            json.WriteBase64String($"{name}_base64", captured.Bytes.Span);
        }

        json.WriteNumber($"{name}_bytes", captured.TotalBytes);
        json.WriteNumber($"{name}_cut_off", captured.BytesCutOff);
        json.WriteBoolean($"{name}_complete", captured.IsComplete);
        json.WriteNumber($"{name}_lost", captured.Losses.Sum(loss => loss.Bytes));
    }

    private static void WriteNullable(Utf8JsonWriter json, ReadOnlySpan<byte> name, int? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
