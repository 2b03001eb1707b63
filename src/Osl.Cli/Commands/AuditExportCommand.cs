using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>Writes records for other programs.</summary>
internal sealed class AuditExportCommand : AuditCommand
{
    private readonly ReviewOptions _review = new();

    private readonly Option<bool> _csv = Values.Flag(
        "--csv",
        "Write CSV (RFC 4180) with the main members, instead of JSON Lines with all."
    );

    internal AuditExportCommand(GlobalOptions globals, CliIo io)
        : base("export", "Write the records of the audit journal for other programs.", globals, io)
    {
        foreach (var option in (Option[])[_csv, .. _review.Filters, .. _review.Proofs])
        {
            Options.Add(option);
        }
    }

    internal override IReadOnlyList<string> Details { get; } =
    [
        "Each record says whether it is proven by what --key or --checkpoint gives. In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl audit export --since 7d", "The last week as JSON Lines."),
        new("osl audit export --csv --action process.start", "Every start, for a spreadsheet."),
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) =>
        Task.FromResult(Export(parse));

    private int Export(ParseResult parse)
    {
        var options = new AuditReviewOptions { Filter = _review.FilterOf(parse, Io), Against = _review.AgainstOf(parse) };
        if (Open(parse) is not { } reader)
        {
            return ExitCodes.NoJournal;
        }

        var review = new AuditReview(reader, options);
        var csv = parse.GetValue(_csv);
        if (csv)
        {
            AuditCsv.WriteHeader(Io.Out);
        }

        foreach (var reviewed in review.Read())
        {
            if (csv)
            {
                AuditCsv.WriteRow(Io.Out, reviewed);
            }
            else
            {
                AuditText.WriteJson(Io.Out, reviewed);
            }
        }

        return Conclude(review, toPeople: false);
    }
}
