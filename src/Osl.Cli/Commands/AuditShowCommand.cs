using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>Shows one operation or one group from its intent to its end, or one record.</summary>
internal sealed class AuditShowCommand : AuditCommand
{
    private const int MostNamed = 5;

    private readonly Argument<string?> _what = new("OPERATION|INDEX")
    {
        Description =
            "The id of an operation, or its beginning if no other begins so: all its records. Or the index of a record: that one.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<int?> _group = Values.IdOption(
        "--pgid",
        "PGID",
        "The life of a process group instead: every operation that started into it, signalled or ended it."
    );

    private readonly Option<string?> _key = ReviewOptions.KeyOption();
    private readonly Option<string?> _checkpoint = ReviewOptions.CheckpointOption();

    internal AuditShowCommand(GlobalOptions globals, CliIo io)
        : base("show", "Show everything that the journal holds of one operation, one group, or one record.", globals, io)
    {
        Arguments.Add(_what);
        foreach (var option in (Option[])[_group, _key, _checkpoint])
        {
            Options.Add(option);
        }

        Validators.Add(command =>
        {
            var what = command.GetValue(_what);
            if (what is null != command.GetResult(_group) is not null)
            {
                command.AddError("Give an operation, the index of a record, or --pgid: one of them.");
            }
            else if (what is not null && !IsBeginning(what) && !TryParseIndex(what, out _))
            {
                command.AddError(
                    $"'{what}' is neither an operation's id or its beginning (8 to 32 hexadecimal digits) nor the index of a record."
                );
            }
        });
    }

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl audit show 0", "The first record of the journal, in full."),
        new("osl audit show --pgid 4711", "What a process group went through, as a timeline."),
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) =>
        Task.FromResult(Show(parse));

    /// <summary>Shorter ones would be a moment of the clock, not an operation; and digits alone may be an index.</summary>
    private static bool IsBeginning(string text) => text.Length is >= 8 and <= 32 && text.All(char.IsAsciiHexDigit);

    private static bool TryParseIndex(string text, out long index) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && text.Length < 19;

    private int Show(ParseResult parse)
    {
        var against = ReviewOptions.Read(parse.GetValue(_key), parse.GetValue(_checkpoint));
        if (Open(parse) is not { } reader)
        {
            return ExitCodes.NoJournal;
        }

        var what = parse.GetValue(_what) ?? "";
        if (parse.GetValue(_group) is { } pgid)
        {
            var concerned = OperationsOf(reader, pgid);
            var life = new AuditReview(
                reader,
                new()
                {
                    Filter = new() { Operations = concerned },
                    Against = against,
                }
            );
            return Tell(parse, life, Records(life), isTimeline: true, $"process group {pgid}");
        }

        // An index of eight digits and more is one where there is such a record.
        if (TryParseIndex(what, out var index))
        {
            var one = new AuditReview(reader, new() { Index = index, Against = against });
            if (Records(one) is [_, ..] record)
            {
                return Tell(parse, one, record, isTimeline: false, what, isIndex: true);
            }
        }

        var review = new AuditReview(
            reader,
            new()
            {
                Filter = new() { Operation = what },
                Against = against,
            }
        );
        var found = IsBeginning(what) ? Records(review) : [];
        var operations = found.Select(entry => entry.Entry.Record!.Operation).Distinct().ToList();
        return operations.Count > 1
            ? Refuse(
                parse,
                "ambiguous",
                $"{operations.Count} operations begin with {what}.",
                $"Give more of it: {string.Join(", ", operations.Take(MostNamed))}{(operations.Count > MostNamed ? ", …" : "")}.",
                ExitCodes.WrongUsage
            )
            : Tell(parse, review, found, isTimeline: false, what);
    }

    private int Tell(ParseResult parse, AuditReview review, List<ReviewedEntry> found, bool isTimeline, string what, bool isIndex = false)
    {
        if (found.Count == 0)
        {
            // Where something can't be read, that there is no such record can't be said.
            return review.Damage is { } damage
                ? Refuse(
                    parse,
                    "journal_damaged",
                    $"No record of {what} can be read. {AuditText.Describe(damage)} {(review.IsCutShort ? "What follows is not shown." : "")}".TrimEnd(),
                    "'osl audit verify' looks at all of it. Keep a copy of the journal as it is.",
                    damage.IsProblem ? ExitCodes.Tampered : ExitCodes.TornTail
                )
                : Refuse(parse, "not_found", $"The journal has no record of {what}.", "See 'osl audit list'.", ExitCodes.NotFound);
        }

        if (WantsJson(parse))
        {
            found.ForEach(entry => AuditText.WriteJson(Io.Out, entry));
        }
        else
        {
            if (isTimeline || found.Count > 1)
            {
                AuditText.CreateTimeline(found.ConvertAll(entry => entry.Entry)).WriteTo(Io);
            }

            if (!isTimeline)
            {
                found.ForEach(entry => AuditText.WriteAll(Io.Out, entry.Entry));
            }

            Io.Print(AuditText.ProofOf(review));
            if (!isIndex)
            {
                TellUnfinished(Unfinished(found), isTimeline);
            }
        }

        return TellProblems(review);
    }

    private void TellUnfinished(List<OperationId> open, bool isTimeline)
    {
        foreach (var operation in open)
        {
            Io.Print($"No outcome {(isTimeline ? $"of {operation} " : "")}is recorded: it is still running, or its host was lost.");
        }
    }

    private static List<ReviewedEntry> Records(AuditReview review) => [.. review.Read().Where(entry => entry.Entry.Problem is null)];

    /// <summary>What started into a group, signalled or ended it; read once more for the records that do not name it.</summary>
    private static HashSet<OperationId> OperationsOf(AuditReader reader, int pgid) =>
        [
            .. reader
                .Read()
                .Select(entry => entry.Record)
                .Where(record => record is not null && new AuditFilter { Pgid = pgid }.Matches(record))
                .Select(record => record!.Operation)
                .OfType<OperationId>(),
        ];

    private static List<OperationId> Unfinished(List<ReviewedEntry> found)
    {
        var open = new List<OperationId>();
        foreach (var (entry, _) in found)
        {
            if (entry.Record is { Type: AuditRecordType.Intent, Operation: { } begun })
            {
                open.Add(begun);
            }
            else if (entry.Record is { Type: AuditRecordType.Outcome, Operation: { } ended })
            {
                open.Remove(ended);
            }
        }

        return open;
    }
}
