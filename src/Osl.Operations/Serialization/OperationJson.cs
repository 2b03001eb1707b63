using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Osl.Operations;

/// <summary>
/// The written form of operations, in an envelope that names the kind: <c>{"kind":"spawn_process","version":1,"operation":{…}}</c>.
/// </summary>
/// <remarks>
/// <para>
/// Names are in snake_case, enumerations are their names in snake_case, signals their names without SIG (<c>"TERM"</c>), durations
/// .NET's invariant form (<c>"00:00:10"</c>, <c>"1.00:00:00"</c>: days, hours, minutes, seconds), an argument its text or
/// <c>{"secret":"…"}</c>. What equals the default is left out; what is missing gets it, so that older forms load. Everything outside
/// ASCII is escaped.
/// </para>
/// <para>
/// Reading is strict: unknown and repeated fields, unknown kinds and newer versions are refused, each by its name. It is about form
/// only: what is read still has to be validated.
/// </para>
/// </remarks>
public static class OperationJson
{
    /// <summary>The longest form that is read, in bytes: 16 MiB. The arguments that a kernel takes fit in several times.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    internal const int MaxDepth = 32;

    /// <summary>A buffer that grew beyond this is not kept for the next operation.</summary>
    private const int MostKept = 64 * 1024;

    /// <summary>What an operation is written into before it is copied at its exact length: one a thread.</summary>
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? t_scratch;

    /// <summary>Writes an operation.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="operation">The operation. It need not be valid: the journal keeps what was refused too.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="form">With or without its secrets.</param>
    public static void Write(Utf8JsonWriter writer, IOperation operation, OperationKind kind, WrittenForm form)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(kind);
        writer.WriteStartObject();
        writer.WriteString("kind"u8, kind.Name);
        writer.WriteNumber("version"u8, kind.Version);
        writer.WritePropertyName("operation"u8);
        kind.WriteBody(writer, form == WrittenForm.Full ? operation : kind.Redact(operation));
        writer.WriteEndObject();
    }

    /// <summary>Writes an operation as a text.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="form">With or without its secrets.</param>
    public static string Write(IOperation operation, OperationKind kind, WrittenForm form) =>
        Encoding.UTF8.GetString(WriteUtf8Bytes(operation, kind, form));

    /// <summary>Writes an operation as UTF-8.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="form">With or without its secrets.</param>
    public static byte[] WriteUtf8Bytes(IOperation operation, OperationKind kind, WrittenForm form) => WriteExactly(operation, kind, form);

    /// <summary>Writes an operation as <see cref="Auditing.AuditRecord.RequestJson"/> holds it.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="form">With or without its secrets.</param>
    public static RawJson WriteRaw(IOperation operation, OperationKind kind, WrittenForm form) => new(WriteExactly(operation, kind, form));

    /// <summary>Writes an operation as an element, to look into.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="form">With or without its secrets.</param>
    public static JsonElement WriteElement(IOperation operation, OperationKind kind, WrittenForm form) =>
        WriteRaw(operation, kind, form).ToElement();

    /// <summary>Reads an operation.</summary>
    /// <param name="json">Its written form.</param>
    /// <param name="kinds">The kinds that are known here.</param>
    /// <returns>The operation, or <see cref="ValidationFailed"/> with everything that is wrong with the form. Never throws for it.</returns>
    public static OneOf<IOperation, OperationError> Read(string json, IEnumerable<OperationKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (ShapeFailures.CharacterFlaw(json) is { } flaw)
        {
            return Failed($"The text {flaw}.");
        }

        return json.Length > MaxBytes ? TooLong() : Read(Encoding.UTF8.GetBytes(json), kinds);
    }

    /// <summary>Reads an operation.</summary>
    /// <param name="utf8">Its written form, as UTF-8 without a byte order mark.</param>
    /// <param name="kinds">The kinds that are known here.</param>
    /// <returns>The operation, or <see cref="ValidationFailed"/> with everything that is wrong with the form. Never throws for it.</returns>
    public static OneOf<IOperation, OperationError> Read(ReadOnlySpan<byte> utf8, IEnumerable<OperationKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        return utf8.Length > MaxBytes ? TooLong() : OperationReader.Read(utf8, kinds);
    }

    /// <summary>What reading throws for bytes that have not the form; everything else is a mistake in the program.</summary>
    /// <param name="exception">What was thrown.</param>
    internal static bool IsAboutForm(Exception exception) =>
        exception is JsonException or InvalidOperationException or FormatException or ArgumentException or OverflowException;

    internal static OneOf<IOperation, OperationError> Failed(params ReadOnlySpan<string> failures) =>
        new ValidationFailed(ValueList.Create(failures));

    private static OneOf<IOperation, OperationError> TooLong() => Failed($"The written form is longer than {MaxBytes} bytes.");

    private static byte[] WriteExactly(IOperation operation, OperationKind kind, WrittenForm form)
    {
        var (buffer, writer) = t_scratch ?? NewScratch();

        // Taken while in use, since a converter could write an operation within this one; not given back if one throws.
        t_scratch = null;
        writer.Reset(buffer);
        Write(writer, operation, kind, form);
        writer.Flush();
        var written = buffer.WrittenSpan.ToArray();

        // With zeros: the full form holds secrets, and a kept buffer would hold on to them.
        buffer.Clear();
        if (buffer.Capacity <= MostKept)
        {
            t_scratch = (buffer, writer);
        }

        return written;
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) NewScratch()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        return (buffer, new Utf8JsonWriter(buffer));
    }
}
