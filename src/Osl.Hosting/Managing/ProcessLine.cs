using System.Text.Json;
using Osl.Operations.Processes;
using Osl.Supervision;

namespace Osl.Hosting.Managing;

/// <summary>What is told of a managed process in one line, at the manager or through its socket.</summary>
internal sealed record ProcessLine(string Name, string State, string Status, int? Pid, long Restarts, long UpMilliseconds, string Note)
{
    internal static ProcessLine Of(ManagedProcess process) =>
        new(
            process.Name,
            Word(process.State),
            Word(process.Status),
            process.IsAlive ? process.Pid : null,
            process.Restarts,
            (long)process.UpTime.TotalMilliseconds,
            NoteOf(process.IsAlive ? null : process.LastExit?.Status, process.LastError?.Message)
        );

    /// <summary>How the last one has ended, and what went wrong.</summary>
    internal static string NoteOf(ExitStatus? exit, string? error) =>
        string.Join("; ", new[] { exit?.ToString(), error }.Where(part => !string.IsNullOrEmpty(part)));

    internal static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("name"u8, Name);
        json.WriteString("state"u8, State);
        json.WriteString("status"u8, Status);
        if (Pid is { } pid)
        {
            json.WriteNumber("pid"u8, pid);
        }
        else
        {
            json.WriteNull("pid"u8);
        }

        json.WriteNumber("restarts"u8, Restarts);
        json.WriteNumber("up_ms"u8, UpMilliseconds);
        json.WriteString("note"u8, Note);
    }

    /// <exception cref="InvalidOperationException">It is no such line.</exception>
    /// <exception cref="KeyNotFoundException">A member is missing.</exception>
    internal static ProcessLine Read(JsonElement line) =>
        new(
            line.GetProperty("name").GetString()!,
            line.GetProperty("state").GetString()!,
            line.GetProperty("status").GetString()!,
            line.GetProperty("pid") is { ValueKind: JsonValueKind.Number } pid ? pid.GetInt32() : null,
            line.GetProperty("restarts").GetInt64(),
            line.GetProperty("up_ms").GetInt64(),
            line.GetProperty("note").GetString()!
        );
}
