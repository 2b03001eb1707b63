using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;

namespace Osl.Cli.Output;

/// <summary>Records of the journal for people and for programs. Everything in them is untrusted and is escaped.</summary>
internal static class AuditText
{
    private static readonly JsonWriterOptions ForPeople = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string LineHeader =
        "INDEX  TIME                      TYPE      OPERATION                         OPERATION_TYPE        PRINCIPAL   RESULT             PID/PGID       PROGRAM";

    internal static void WriteHeader(TextWriter output) => output.Write(LineHeader + "\n");

    internal const string NotVerified = "Not verified: nothing was given to prove it against (--key, --checkpoint, 'osl audit verify').";

    /// <summary>How much of what was shown is proven. Beside damage it is never all there is to say.</summary>
    internal static string ProofOf(AuditReview review) =>
        review.Damage switch
        {
            null => Proven(review),
            { IsProblem: true } => Proven(review) + " The journal is damaged.",
            _ => Proven(review) + " The journal's end is cut off.",
        };

    /// <summary>Where the journal is damaged, and how, in a sentence or two.</summary>
    internal static string Describe(JournalFinding damage)
    {
        var record = damage.Record is { } index ? string.Create(CultureInfo.InvariantCulture, $"record {index}, ") : "";
        var place = string.Create(CultureInfo.InvariantCulture, $"{record}segment {damage.Segment}, offset {damage.Offset}");
        return damage.IsProblem
            ? $"The journal is damaged at {place}: {damage.What}."
            : $"The journal's end is cut off at {place}: {damage.What}. A writer was killed there or is just writing, or somebody cut it off.";
    }

    private static string Proven(AuditReview review) =>
        !review.CanProve ? NotVerified
        : review.Proven == review.Shown
            ? string.Create(CultureInfo.InvariantCulture, $"Verified: all {review.Shown} records shown are proven.")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"Verified: {review.Proven} of {review.Shown} records shown are proven; see 'osl audit verify' for the rest."
        );

    /// <summary>One line: a record, or what is wrong in its place.</summary>
    internal static void WriteLine(TextWriter output, AuditEntry entry)
    {
        if (entry.Problem is { } problem)
        {
            output.Write($"{DisplayText.Escape(problem.ToString())}\n");
        }
        else
        {
            WriteLine(output, entry.Index, entry.Record!);
        }
    }

    /// <summary>One line. Columns are of fixed width, so that nothing has to be held back.</summary>
    internal static void WriteLine(TextWriter output, long index, AuditRecord record)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{index, -5}  {Time(record.Time)}  {TypeOf(record), -8}  {record.Operation?.ToString() ?? "-", -32}  {Cell(record.OperationType), -20}  {Cell(record.Principal), -10}  {Cell(ResultOf(record)), -17}  {NumbersOf(record), -13}  {Cell(ProgramOf(record))}"
        );
        output.Write(line.TrimEnd() + "\n");
    }

    /// <summary>For a terminal: what is not in the line is left out where there is no room, the operation first: 'audit show INDEX' has it.</summary>
    internal static Table CreateTable() =>
        new(
            new Column("INDEX"),
            new Column("TIME", Drop: 3),
            new Column("TYPE"),
            new Column("OPERATION", Drop: 6),
            new Column("OPERATION_TYPE"),
            new Column("PRINCIPAL", Squeeze.Crop, Drop: 5),
            new Column("RESULT"),
            new Column("PID/PGID", Drop: 4),
            new Column("PROGRAM", Squeeze.Crop, Least: 12, Drop: 1)
        );

    /// <summary>The records of one life, each with how long after the first it was made.</summary>
    internal static Table CreateTimeline(IReadOnlyList<AuditEntry> entries)
    {
        var table = new Table(
            new Column("AFTER"),
            new Column("TIME", Drop: 3),
            new Column("INDEX", Drop: 2),
            new Column("TYPE"),
            new Column("OPERATION", Drop: 6),
            new Column("OPERATION_TYPE", Drop: 5),
            new Column("RESULT"),
            new Column("PID/PGID", Drop: 4),
            new Column("PROGRAM", Squeeze.Crop, Least: 12, Drop: 1)
        );
        var begin = entries.Min(entry => entry.Record!.Time);
        foreach (var entry in entries)
        {
            var record = entry.Record!;
            table.Add(
                string.Create(CultureInfo.InvariantCulture, $"+{(record.Time - begin).TotalSeconds:0.000}s"),
                Time(record.Time),
                entry.Index.ToString(CultureInfo.InvariantCulture),
                TypeOf(record),
                record.Operation?.ToString() ?? "-",
                Cell(record.OperationType),
                Output.Cell.Of(Cell(ResultOf(record)), AuditFilter.IsDenied(record) ? Tone.Bad : Tone.Plain),
                NumbersOf(record),
                Cell(ProgramOf(record))
            );
        }

        return table;
    }

    /// <summary>One row of it. Within a day the time will do.</summary>
    internal static void AddRow(Table table, long index, AuditRecord record, DateTimeOffset now) =>
        table.Add(
            index.ToString(CultureInfo.InvariantCulture),
            record.Time.UtcDateTime.ToString(
                record.Time.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss",
                CultureInfo.InvariantCulture
            ),
            TypeOf(record),
            record.Operation?.ToString() ?? "-",
            Cell(record.OperationType),
            Cell(record.Principal),
            Output.Cell.Of(Cell(ResultOf(record)), AuditFilter.IsDenied(record) ? Tone.Bad : Tone.Plain),
            NumbersOf(record),
            Cell(ProgramOf(record))
        );

    /// <summary>One object: the record as it was written, with its index; or what is wrong in its place.</summary>
    internal static void WriteJson(TextWriter output, ReviewedEntry reviewed) =>
        Json.WriteObject(
            output,
            json =>
            {
                var entry = reviewed.Entry;
                if (entry.Problem is { } problem)
                {
                    WriteProblem(json, problem);
                    return;
                }

                json.WriteNumber("index"u8, entry.Index);
                json.WriteBoolean("proven"u8, reviewed.IsProven);
                json.WritePropertyName("record"u8);
                // Read and written again, not copied: our encoder leaves nothing in it that a terminal would obey.
                using var document = JsonDocument.Parse(entry.Raw);
                document.RootElement.WriteTo(json);
            }
        );

    /// <summary>What is wrong, and where.</summary>
    internal static void WriteProblem(Utf8JsonWriter json, JournalFinding problem)
    {
        json.WriteStartObject("problem"u8);
        json.WriteString("kind"u8, problem.Kind.ToString());
        json.WriteString("what"u8, problem.What);
        if (problem.Record is { } record)
        {
            json.WriteNumber("record"u8, record);
        }

        json.WriteNumber("segment"u8, problem.Segment);
        json.WriteNumber("offset"u8, problem.Offset);
        json.WriteEndObject();
    }

    /// <summary>Everything a record says, a line each.</summary>
    internal static void WriteAll(TextWriter output, AuditEntry entry)
    {
        using var document = JsonDocument.Parse(entry.Raw);
        output.Write(string.Create(CultureInfo.InvariantCulture, $"record {entry.Index}\n"));
        WriteMembers(output, document.RootElement, indent: "  ");
    }

    /// <summary>allow, deny; or what came of it.</summary>
    internal static string? ResultOf(AuditRecord record) =>
        record.Type switch
        {
            AuditRecordType.Intent => record.Decision?.ToString().ToLowerInvariant(),
            AuditRecordType.Exit => record.ExitSignal is { } signal ? $"SIG{signal}"
            : record.ExitCode is { } code ? string.Create(CultureInfo.InvariantCulture, $"exit {code}")
            : "unknown",
            AuditRecordType.Gap => string.Create(CultureInfo.InvariantCulture, $"{record.GapCount} missing"),
            _ => record.Outcome,
        };

    private static string TypeOf(AuditRecord record) => record.Type.ToString().ToLowerInvariant();

    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Cell(string? text) => string.IsNullOrEmpty(text) ? "-" : DisplayText.Escape(text, 200);

    private static string NumbersOf(AuditRecord record) =>
        (record.Pid, record.Pgid ?? record.TargetPgid) switch
        {
            ({ } pid, { } pgid) => string.Create(CultureInfo.InvariantCulture, $"{pid}/{pgid}"),
            ({ } pid, null) => string.Create(CultureInfo.InvariantCulture, $"{pid}"),
            (null, { } pgid) => string.Create(CultureInfo.InvariantCulture, $"/{pgid}"),
            _ => "-",
        };

    internal static string? ProgramOf(AuditRecord record) =>
        AuditFilter.ProgramOf(record)
        ?? (AuditFilter.TargetOf(record) is { } target ? $"{(target.IsGroup ? "group" : "process")} {target.Id}" : null);

    private static void WriteMembers(TextWriter output, JsonElement element, string indent)
    {
        foreach (var member in element.EnumerateObject())
        {
            output.Write($"{indent}{DisplayText.Escape(member.Name)}: ");
            if (member.Value.ValueKind == JsonValueKind.Object)
            {
                output.Write('\n');
                WriteMembers(output, member.Value, indent + "  ");
            }
            else
            {
                output.Write($"{DisplayText.Escape(Readable(member.Value))}\n");
            }
        }
    }

    /// <summary>
    /// A value as people read it: a text as it is; what is in a list as JSON with nothing escaped that needs no escape, so that <c>&amp;</c>
    /// reads so and where an element ends can't be forged. What a terminal would obey is escaped by whoever prints it.
    /// </summary>
    private static string Readable(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return value.ToString();
        }

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ForPeople))
        {
            value.WriteTo(json);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
