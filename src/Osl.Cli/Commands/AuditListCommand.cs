using System.CommandLine;
using Osl.Cli.Output;
using Osl.Operations;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>Lists records, a line each.</summary>
internal sealed class AuditListCommand : AuditCommand
{
    private const int RowsOfAPage = 500;

    private readonly ReviewOptions _review = new();

    internal AuditListCommand(GlobalOptions globals, CliIo io)
        : base("list", "List the records of the audit journal, the oldest first.", globals, io)
    {
        foreach (var option in (Option[])[.. _review.Filters, _review.Limit, .. _review.Proofs])
        {
            Options.Add(option);
        }
    }

    internal override IReadOnlyList<string> Details { get; } =
    [
        "A record is listed if it says itself what is asked for; 'osl audit show' gives the rest of its operation. The last line, and with --json each record, says what is proven; without --key or --checkpoint nothing is.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl audit list --since 1h --denied", "What was denied within the last hour."),
        new("osl audit list --limit 20 --json", "The newest 20 records as JSON, one object a line."),
        new("osl audit list --executable git --action process.start", "When git was started, and by whom."),
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) =>
        Task.FromResult(List(parse));

    private int List(ParseResult parse)
    {
        var options = new AuditReviewOptions
        {
            Filter = _review.FilterOf(parse, Io),
            Limit = parse.GetValue(_review.Limit),
            Against = _review.AgainstOf(parse),
        };
        if (Open(parse) is not { } reader)
        {
            return ExitCodes.NoJournal;
        }

        var review = new AuditReview(reader, options);
        var json = WantsJson(parse);
        if (json || Screen.Of(Io) is null)
        {
            WriteLines(review, json);
        }
        else
        {
            WriteTables(review);
        }

        return Conclude(review, toPeople: !json);
    }

    private void WriteLines(AuditReview review, bool json)
    {
        if (!json)
        {
            AuditText.WriteHeader(Io.Out);
        }

        foreach (var reviewed in review.Read())
        {
            if (json)
            {
                AuditText.WriteJson(Io.Out, reviewed);
            }
            else
            {
                AuditText.WriteLine(Io.Out, reviewed.Entry);
            }
        }
    }

    /// <summary>On a terminal, a page at a time: a journal may be longer than memory. What can't be read stands between two.</summary>
    private void WriteTables(AuditReview review)
    {
        var now = Io.Time.GetUtcNow();
        var table = AuditText.CreateTable();
        foreach (var (entry, _) in review.Read())
        {
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
                Io.Print(DisplayText.Escape(problem.ToString()));
            }
        }

        WriteRows(table);
    }

    private void WriteRows(Table table)
    {
        if (table.Rows.Count > 0)
        {
            table.WriteTo(Io);
        }
    }
}
