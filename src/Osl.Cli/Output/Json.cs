using System.Buffers;
using System.Text;
using System.Text.Json;
using Osl.Operations;

namespace Osl.Cli.Output;

/// <summary>
/// What programs read: one object a line, in snake_case, with the version of its shape first. Everything beyond ASCII is escaped,
/// so that a terminal obeys nothing in it.
/// </summary>
internal static class Json
{
    /// <summary>The version of every shape osl writes. New members may come without a new version.</summary>
    internal const int Version = 1;

    /// <summary>Writes one object and the end of its line.</summary>
    internal static void WriteObject(TextWriter output, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, Version);
            members(json);
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Write('\n');
    }

    /// <summary>The object that stands in place of a result.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="error">The error.</param>
    /// <param name="message">Its message, in the words of the command line.</param>
    /// <param name="remedy">Its remedy, likewise.</param>
    internal static void WriteError(TextWriter output, OperationError error, string message, string remedy) =>
        WriteObject(
            output,
            json =>
            {
                json.WriteStartObject("error"u8);
                json.WriteString("code"u8, error.Code);
                json.WriteString("message"u8, message);
                json.WriteString("remedy"u8, remedy);
                json.WriteString("effect"u8, error.Effect.ToString().ToLowerInvariant());
                if (!error.OperationId.IsEmpty)
                {
                    json.WriteString("operation"u8, error.OperationId.ToString());
                }

                json.WriteBoolean("outcome_recorded"u8, error.OutcomeRecorded);
                if (error is StopFailed stop)
                {
                    json.WritePids("survivors"u8, stop.Survivors);
                }

                json.WriteEndObject();
            }
        );

    /// <summary>The same for what never became an operation.</summary>
    internal static void WriteError(TextWriter output, string code, string message, string? remedy) =>
        WriteObject(
            output,
            json =>
            {
                json.WriteStartObject("error"u8);
                json.WriteString("code"u8, code);
                json.WriteString("message"u8, message);
                json.WriteString("remedy"u8, remedy);
                json.WriteString("effect"u8, "none");
                json.WriteEndObject();
            }
        );

    internal static void WritePids(this Utf8JsonWriter json, ReadOnlySpan<byte> name, ValueList<Operations.Processes.ProcessRef> processes)
    {
        json.WriteStartArray(name);
        foreach (var process in processes)
        {
            json.WriteNumberValue(process.Pid);
        }

        json.WriteEndArray();
    }
}
