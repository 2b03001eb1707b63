using System.Globalization;
using Osl.Operations;
using Osl.Security.Audit;

namespace Osl.Cli.Output;

/// <summary>Records as CSV (RFC 4180), safe to open in a spreadsheet: nothing in them is taken for a formula, or breaks out of its cell.</summary>
internal static class AuditCsv
{
    private const string EndOfLine = "\r\n";

    private static readonly string[] Header =
    [
        "index",
        "time",
        "type",
        "operation",
        "operation_type",
        "action",
        "principal",
        "decision",
        "rule",
        "outcome",
        "pid",
        "pgid",
        "target_pgid",
        "exit_code",
        "exit_signal",
        "program",
        "reason",
        "message",
        "proven",
    ];

    internal static void WriteHeader(TextWriter output) => output.Write(string.Join(',', Header) + EndOfLine);

    /// <summary>One row; a place that can't be read is one too, with what is wrong as its message.</summary>
    internal static void WriteRow(TextWriter output, ReviewedEntry reviewed)
    {
        var (entry, isProven) = reviewed;
        var record = entry.Record;
        string?[] cells = record is null
            ?
            [
                entry.Index < 0 ? "" : Number(entry.Index),
                Time(entry.FrameTime),
                "problem",
                .. new string?[14],
                entry.Problem?.ToString(),
                "false",
            ]
            :
            [
                Number(entry.Index),
                Time(record.Time),
                record.Type.ToString().ToLowerInvariant(),
                record.Operation?.ToString(),
                record.OperationType,
                record.Action,
                record.Principal,
                record.Decision?.ToString().ToLowerInvariant(),
                record.Rule,
                record.Outcome,
                Number(record.Pid),
                Number(record.Pgid),
                Number(record.TargetPgid),
                Number(record.ExitCode),
                record.ExitSignal,
                AuditFilter.ProgramOf(record),
                record.Reason,
                record.Message,
                isProven ? "true" : "false",
            ];
        output.Write(string.Join(',', cells.Select(Cell)) + EndOfLine);
    }

    /// <summary>One cell: control characters escaped, quoted where that is needed, and with an apostrophe before what could be a formula.</summary>
    internal static string Cell(string? text)
    {
        var safe = DisplayText.Escape(text);
        // The wide forms as well: some programs take them for the same. White space before them is passed over by some.
        if (
            safe.AsSpan().TrimStart() is [var first, ..]
            && "=+-@\uFF1D\uFF0B\uFF0D\uFF20".Contains(first, StringComparison.Ordinal)
            && !IsNumber(safe)
        )
        {
            safe = "'" + safe;
        }
        else if (text is ['\t' or '\r' or '\n', ..])
        {
            safe = "'" + safe;
        }

        return safe.AsSpan().IndexOfAny(",\" ") >= 0 ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    /// <summary>An exit code may be negative.</summary>
    private static bool IsNumber(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) && text[0] == '-';

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Number(int? number) => number?.ToString(CultureInfo.InvariantCulture);
}
