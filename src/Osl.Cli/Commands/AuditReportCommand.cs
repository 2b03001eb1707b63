using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>Sums the journal up: who did what, what was denied or failed, what still runs, what has no end.</summary>
internal sealed class AuditReportCommand : AuditCommand
{
    private const int MostRows = 20;

    private readonly ReviewOptions _review = new();

    internal AuditReportCommand(GlobalOptions globals, CliIo io)
        : base("report", "Sum up the audit journal: who, what, denied, failed, dry runs, still running, without an end.", globals, io)
    {
        foreach (var option in (Option[])[.. _review.Filters, .. _review.Proofs])
        {
            Options.Add(option);
        }
    }

    internal override IReadOnlyList<string> Details { get; } =
    [
        "What has no recorded end is still running if the registry of what runs (osl ps) knows it; else its host was lost before it could record it, or it lies outside of what was asked for.",
        "What was started detached (osl run --detach) is left running on purpose: nobody has to be there to record its end. Where the registry no longer knows it, it has ended since, or it is another user's or machine's.",
        "A dry run that would have been allowed counts as a dry run alone, neither as done nor as failed.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl audit report", "All of the journal in a few tables."),
        new("osl audit report --since 24h --json", "The last day, for programs."),
    ];

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var options = new AuditReviewOptions { Filter = _review.FilterOf(parse, Io), Against = _review.AgainstOf(parse) };
        if (Open(parse) is not { } reader)
        {
            return ExitCodes.NoJournal;
        }

        var review = new AuditReview(reader, options);
        var summary = new AuditSummary();
        foreach (var (entry, _) in review.Read())
        {
            if (entry.Record is { } record)
            {
                summary.Add(record);
            }
        }

        HashSet<OperationId> live;
        await using (var host = Globals.CreateLooking(parse, Io))
        {
            live = [.. host.Registry.Live().Select(entry => entry.Operation)];
        }

        var open = summary
            .WithoutOutcome.Concat(summary.WithoutExit)
            .Select(record => (Record: record, State: EndState.Lost))
            .Concat(summary.LeftRunning.Select(record => (Record: record, State: EndState.Left)))
            .DistinctBy(item => item.Record.Operation)
            .Select(item => item.Record.Operation is { } operation && live.Contains(operation) ? item with { State = EndState.Live } : item)
            .ToList();
        if (WantsJson(parse))
        {
            WriteJson(summary, review, open);
            return Conclude(review, toPeople: false);
        }

        WriteTables(summary, open);
        return Conclude(review, toPeople: true);
    }

    private void WriteTables(AuditSummary summary, List<(AuditRecord Record, EndState State)> open)
    {
        Io.Print(
            summary.First is { } first && summary.Last is { } last
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{summary.Records} records from {AuditText.Time(first)} to {AuditText.Time(last)}: {summary.Total.Asked} operations, {summary.Total.Denied} denied, {summary.Total.Failed} failed, {summary.Total.DryRuns} dry runs, {Count(EndState.Live)} still running, {Count(EndState.Left)} left running on purpose, {Count(EndState.Lost)} without an end, {summary.Missing} records missing"
                )
                : "No records."
        );
        WriteTallies("PRINCIPAL", summary.Principals);
        WriteTallies("OPERATION_TYPE", summary.Operations);
        WriteTallies("PROGRAM", summary.Programs);
        WriteOpen("STILL RUNNING", open.Where(item => item.State == EndState.Live));
        WriteOpen("LEFT RUNNING ON PURPOSE", open.Where(item => item.State == EndState.Left));
        WriteOpen("WITHOUT AN END", open.Where(item => item.State == EndState.Lost));
        Io.Print("");

        int Count(EndState state) => open.Count(item => item.State == state);
    }

    private void WriteTallies(string name, IReadOnlyDictionary<string, AuditTally> tallies)
    {
        if (tallies.Count == 0)
        {
            return;
        }

        Io.Print("");
        var table = new Table(
            new Column("ASKED"),
            new Column("DENIED"),
            new Column("FAILED"),
            new Column("DRY"),
            new Column(name, Squeeze.Crop, Least: 12)
        );
        var rows = tallies.OrderByDescending(tally => tally.Value.Asked).ThenBy(tally => tally.Key, StringComparer.Ordinal).ToList();
        foreach (var (key, tally) in rows.Take(MostRows))
        {
            table.Add(
                Number(tally.Asked),
                Cell.Of(Number(tally.Denied), tally.Denied > 0 ? Tone.Bad : Tone.Plain),
                Cell.Of(Number(tally.Failed), tally.Failed > 0 ? Tone.Bad : Tone.Plain),
                Number(tally.DryRuns),
                key
            );
        }

        if (rows.Count > MostRows)
        {
            table.Add("", "", "", "", $"… {Number(rows.Count - MostRows)} more (--json has them)");
        }

        table.WriteTo(Io);
    }

    private void WriteOpen(string title, IEnumerable<(AuditRecord Record, EndState State)> open)
    {
        var table = new Table(
            new Column(title),
            new Column("OPERATION"),
            new Column("PRINCIPAL", Squeeze.Crop, Drop: 2),
            new Column("PROGRAM", Squeeze.Crop, Least: 12, Drop: 1)
        );
        foreach (var (record, _) in open.Take(MostRows))
        {
            table.Add(
                AuditText.Time(record.Time),
                record.Operation?.ToString() ?? "-",
                record.Principal,
                AuditText.ProgramOf(record) ?? "-"
            );
        }

        if (table.Rows.Count > 0)
        {
            Io.Print("");
            table.WriteTo(Io);
        }
    }

    private void WriteJson(AuditSummary summary, AuditReview review, List<(AuditRecord Record, EndState State)> open)
    {
        Json.WriteObject(
            Io.Out,
            json =>
            {
                json.WriteString("part"u8, "total");
                json.WriteNumber("records"u8, summary.Records);
                json.WriteNumber("proven"u8, review.Proven);
                json.WriteNumber("missing"u8, summary.Missing);
                WriteTally(json, summary.Total);
            }
        );
        foreach (
            var (part, tallies) in ((string, IReadOnlyDictionary<string, AuditTally>)[])
                [("principal", summary.Principals), ("operation_type", summary.Operations), ("program", summary.Programs)]
        )
        {
            foreach (var (name, tally) in tallies)
            {
                Json.WriteObject(
                    Io.Out,
                    json =>
                    {
                        json.WriteString("part"u8, part);
                        json.WriteString("name"u8, name);
                        WriteTally(json, tally);
                    }
                );
            }
        }

        foreach (var (record, state) in open)
        {
            Json.WriteObject(
                Io.Out,
                json =>
                {
                    json.WriteString("part"u8, PartOf(state));
                    json.WriteString("operation"u8, record.Operation?.ToString());
                    json.WriteString("principal"u8, record.Principal);
                    json.WriteString("program"u8, AuditText.ProgramOf(record));
                    json.WriteString("since"u8, record.Time.UtcDateTime);
                }
            );
        }

        if (review.Damage is { } damage)
        {
            Json.WriteObject(
                Io.Out,
                json =>
                {
                    json.WriteString("part"u8, "problem");
                    AuditText.WriteProblem(json, damage);
                }
            );
        }
    }

    private static void WriteTally(System.Text.Json.Utf8JsonWriter json, AuditTally tally)
    {
        json.WriteNumber("asked"u8, tally.Asked);
        json.WriteNumber("denied"u8, tally.Denied);
        json.WriteNumber("failed"u8, tally.Failed);
        json.WriteNumber("dry_runs"u8, tally.DryRuns);
    }

    private static string PartOf(EndState state) =>
        state switch
        {
            EndState.Live => "running",
            EndState.Left => "left_running",
            _ => "without_end",
        };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What is known of an operation whose end is not recorded.</summary>
    private enum EndState
    {
        /// <summary>The registry knows it alive.</summary>
        Live,

        /// <summary>It was started detached: nobody has to be there to record its end.</summary>
        Left,

        /// <summary>Neither.</summary>
        Lost,
    }
}
