using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>Shows records as they are written.</summary>
internal sealed class AuditFollowCommand : AuditCommand
{
    private static readonly TimeSpan LooksAgain = TimeSpan.FromMilliseconds(200);

    private readonly ReviewOptions _review = new();

    private readonly Option<long?> _from = new("--from")
    {
        HelpName = "INDEX",
        Description = "Begin with this record; otherwise with the next one that is written.",
        CustomParser = result =>
        {
            if (
                long.TryParse(
                    result.Tokens[0].Value,
                    System.Globalization.NumberStyles.None,
                    System.Globalization.CultureInfo.InvariantCulture,
                    out var index
                )
            )
            {
                return index;
            }

            result.AddError("--from has to be the index of a record: a number, 0 or more.");
            return null;
        },
    };

    private readonly Option<int?> _count = Values.Count("--count", "End after N records.");

    internal AuditFollowCommand(GlobalOptions globals, CliIo io)
        : base("follow", "Show the records of the audit journal as they are written, until interrupted.", globals, io)
    {
        foreach (var option in (Option[])[.. _review.Filters, _from, _count])
        {
            Options.Add(option);
        }
    }

    internal override IReadOnlyList<string> Details { get; } =
    [
        "What is shown has just been written, so nothing of it is proven yet: 'osl audit verify' does that. An end that is cut off within a frame is waited for; damage ends it.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl audit follow --from 0 --count 4 --json", "The first four records, as soon as they are there."),
        new("osl audit follow --from 0 --count 1 --executable git", "Waits until git was started."),
    ];

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var filter = _review.FilterOf(parse, Io);
        if (Open(parse) is not { } reader)
        {
            return ExitCodes.NoJournal;
        }

        var json = WantsJson(parse);
        if (!json)
        {
            Io.Print(AuditText.NotVerified);
            AuditText.WriteHeader(Io.Out);
        }

        var left = parse.GetValue(_count) ?? int.MaxValue;
        var exitCode = ExitCodes.Done;
        var from = parse.GetValue(_from) ?? End(reader);
        await Io.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var entry in reader.FollowAsync(from, LooksAgain, Io.Time, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Record is { } record && !filter.Matches(record))
            {
                continue;
            }

            if (json)
            {
                AuditText.WriteJson(Io.Out, new ReviewedEntry(entry, IsProven: false));
            }
            else
            {
                AuditText.WriteLine(Io.Out, entry);
            }

            await Io.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (entry.Problem is { IsProblem: true } damage)
            {
                var isBefore = damage.Record < from;
                // Of several places before the beginning the first is told; whoever is told verifies.
                exitCode = exitCode == ExitCodes.Tampered && isBefore ? exitCode : TellDamage(damage, isCutShort: !isBefore);
                if (!isBefore)
                {
                    return exitCode;
                }
            }

            exitCode = entry.Problem is { IsProblem: false } && exitCode == ExitCodes.Done ? ExitCodes.Failed : exitCode;
            left -= entry.Problem is null ? 1 : 0;
            if (left == 0)
            {
                break;
            }
        }

        return exitCode;
    }

    private static long End(AuditReader reader) =>
        reader.Read(new AuditReadOptions { NewestFirst = true }).FirstOrDefault(entry => entry.Problem is null)?.Index + 1 ?? 0;
}
