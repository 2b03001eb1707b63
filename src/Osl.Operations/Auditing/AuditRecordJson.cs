using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Osl.Operations.Auditing;

/// <summary>The written form of an <see cref="AuditRecord"/>: one JSON object on one line, ASCII only, names in snake_case.</summary>
/// <remarks>
/// Everything outside ASCII is escaped, control and bidirectional characters with it: a journal can be looked at with any tool.
/// </remarks>
public static class AuditRecordJson
{
    /// <summary>Writers are kept for the next record: one a thread.</summary>
    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    /// <summary>Writes one record, without a line break.</summary>
    /// <param name="record">The record.</param>
    /// <param name="output">Where to.</param>
    public static void Write(AuditRecord record, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(output);
        var writer = t_writer ?? new Utf8JsonWriter(output);
        t_writer = null;
        writer.Reset(output);
        AuditRecordWriter.Write(writer, record);
        writer.Flush();

        // Not in a finally: a writer that failed half way is given up, and so is its reference to the output.
        writer.Reset(Stream.Null);
        t_writer = writer;
    }

    /// <summary>Reads one record. Members that this version does not know are passed over.</summary>
    /// <param name="utf8">The record's bytes.</param>
    /// <param name="record">The record; null when the bytes are none.</param>
    /// <returns>False for anything that is no record; never an exception, whatever the bytes.</returns>
    public static bool TryRead(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out AuditRecord? record)
    {
        try
        {
            record = JsonSerializer.Deserialize(utf8, AuditJsonContext.Default.AuditRecord);
        }
        catch (Exception broken) when (OperationJson.IsAboutForm(broken))
        {
            record = null;
        }

        return record is not null;
    }
}
