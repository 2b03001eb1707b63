using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>Lists records, a line each.</summary>
internal sealed class AuditListCommand : OslCommand
{
    private const int RowsOfAPage = 500;

    private readonly Option<TimeSpan?> _since = Values.Duration("--since", "Only what was written in the last D.");

    private readonly Option<string?> _operation = new("--operation")
    {
        HelpName = "ID",
        Description = "Only one operation; the beginning of its id will do.",
    };

    private readonly Option<bool> _denied = Values.Flag("--denied", "Only what was denied, or lacked an approval.");
    private readonly Option<string?> _principal = new("--principal")
    {
        HelpName = "NAME",
        Description = "Only on behalf of one principal.",
    };
    private readonly Option<int?> _limit = Values.Count("--limit", "Only the newest N.");

    internal AuditListCommand(GlobalOptions globals, CliIo io)
        : base("list", "List the records of the audit journal, the oldest first.", globals, io)
    {
        foreach (var option in (Option[])[_since, _operation, _denied, _principal, _limit])
        {
            Options.Add(option);
        }
    }

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl audit list --since 1h --denied", "What was denied within the last hour."),
        new("osl audit list --limit 20 --json", "The newest 20 records as JSON, one object a line."),
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) =>
        Task.FromResult(List(parse));

    private int List(ParseResult parse)
    {
        var (reader, message, remedy) = AuditCommands.Open(Globals.AuditDirectoryOf(parse, Io));
        if (reader is null)
        {
            return NoJournal(parse, message, remedy);
        }

        var json = WantsJson(parse);
        var problems = json || Screen.Of(Io) is null ? WriteLines(Select(reader, parse), json) : WriteTables(Select(reader, parse));

        if (problems == 0)
        {
            return ExitCodes.Done;
        }

        Io.Refuse(
            problems == 1
                ? "One place of the journal can't be read; it is listed above."
                : $"{problems} places of the journal can't be read; they are listed above.",
            "What stands around them is shown as it was written."
        );
        return ExitCodes.Failed;
    }

    private int WriteLines(IEnumerable<AuditEntry> entries, bool json)
    {
        if (!json)
        {
            AuditText.WriteHeader(Io.Out);
        }

        var problems = 0;
        foreach (var entry in entries)
        {
            problems += IsUnreadable(entry) ? 1 : 0;
            Write(entry, json);
        }

        return problems;
    }

    /// <summary>On a terminal, a page at a time: a journal may be longer than memory. What can't be read stands between two.</summary>
    private int WriteTables(IEnumerable<AuditEntry> entries)
    {
        var problems = 0;
        var now = Io.Time.GetUtcNow();
        var table = AuditText.CreateTable();
        foreach (var entry in entries)
        {
            problems += IsUnreadable(entry) ? 1 : 0;
            if (entry.Record is { } record)
            {
                AuditText.AddRow(table, entry.Index, record, now);
            }

            if (entry.Problem is not null || table.Rows.Count == RowsOfAPage)
            {
                WriteRows(table);
                table = AuditText.CreateTable();
            }

            if (entry.Problem is { } problem)
            {
                Io.Out.Write($"{DisplayText.Escape(problem.ToString())}\n");
            }
        }

        WriteRows(table);
        return problems;
    }

    private void WriteRows(Table table)
    {
        if (table.Rows.Count > 0)
        {
            table.WriteTo(Io);
        }
    }

    /// <summary>A torn tail is none: the journal ends there, in what a writer could not finish, and nothing was acknowledged of it.</summary>
    private static bool IsUnreadable(AuditEntry entry) =>
        entry.Problem is { } problem && (problem.IsProblem || problem.Kind == JournalFindingKind.RecordNotUnderstood);

    private int NoJournal(ParseResult parse, string message, string remedy)
    {
        if (WantsJson(parse))
        {
            Json.WriteError(Io.Out, "audit_unavailable", message, remedy);
        }

        Io.Refuse(message, remedy);
        return ExitCodes.NoJournal;
    }

    private IEnumerable<AuditEntry> Select(AuditReader reader, ParseResult parse)
    {
        var since = parse.GetValue(_since) is { } age ? Io.Time.GetUtcNow() - age : (DateTimeOffset?)null;
        var limit = parse.GetValue(_limit);
        var entries = reader
            .Read(new AuditReadOptions { Since = since, NewestFirst = limit is not null })
            .Where(entry => entry.Record is not { } record || Matches(record, since, parse));
        // A limit counts records. What can't be read between them is shown beside them.
        return limit is { } count ? TakeRecords(entries, count).Reverse() : entries;
    }

    private static IEnumerable<AuditEntry> TakeRecords(IEnumerable<AuditEntry> entries, int count)
    {
        foreach (var entry in entries)
        {
            yield return entry;
            count -= entry.Problem is null ? 1 : 0;
            if (count == 0)
            {
                yield break;
            }
        }
    }

    private bool Matches(AuditRecord record, DateTimeOffset? since, ParseResult parse) =>
        (since is null || record.Time >= since)
        && (!parse.GetValue(_denied) || AuditText.IsDenied(record))
        && (parse.GetValue(_principal) is not { } principal || string.Equals(record.Principal, principal, StringComparison.Ordinal))
        && (
            parse.GetValue(_operation) is not { } operation
            || record.Operation?.ToString().StartsWith(operation, StringComparison.OrdinalIgnoreCase) is true
        );

    private void Write(AuditEntry entry, bool json)
    {
        if (json)
        {
            AuditText.WriteJson(Io.Out, entry);
        }
        else if (entry.Problem is { } problem)
        {
            Io.Out.Write($"{DisplayText.Escape(problem.ToString())}\n");
        }
        else
        {
            AuditText.WriteLine(Io.Out, entry.Index, entry.Record!);
        }
    }
}
