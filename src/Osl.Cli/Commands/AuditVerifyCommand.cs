using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Operations;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>Proves the journal, or says where it is not what was written.</summary>
internal sealed class AuditVerifyCommand : AuditCommand
{
    private const int MostFindings = 50;

    private readonly Option<string?> _key = ReviewOptions.KeyOption();
    private readonly Option<string?> _checkpoint = ReviewOptions.CheckpointOption();

    private readonly Option<string?> _save = new("--save-checkpoint")
    {
        HelpName = "FILE",
        Description = "Save the last good checkpoint, to be kept elsewhere.",
    };

    internal AuditVerifyCommand(GlobalOptions globals, CliIo io)
        : base("verify", "Prove the audit journal, or say where it is not what was written.", globals, io)
    {
        foreach (var option in (Option[])[_key, _checkpoint, _save])
        {
            Options.Add(option);
        }
    }

    internal override IReadOnlyList<ExitCodeLine> ExitCodeTable => ExitCodes.OfVerifyTable;

    internal override IReadOnlyList<string> Details { get; } =
    [
        "Every byte is looked at; nothing is locked, others may write meanwhile. What proves the journal is what its writers can't reach: a public key, which shows who signed, and better a checkpoint, which also shows that nothing was taken back since. Who holds the signing key and the disk can forge whatever is newer than the checkpoint.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new(
            "osl audit key init --out k.pem && osl run true && osl audit verify --key k.pem",
            "Signs from now on; proves that all of the journal is signed. k.pem belongs elsewhere."
        ),
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) => VerifyAsync(parse);

    private async Task<int> VerifyAsync(ParseResult parse)
    {
        if (parse.GetValue(_save) is not null)
        {
            GlobalOptions.RefuseToWrite("--save-checkpoint", "Leave it out, and redirect what 'osl audit verify --json' prints.");
        }

        var against = ReviewOptions.Read(parse.GetValue(_key), parse.GetValue(_checkpoint));
        if (Open(parse) is null || Globals.AuditDirectoryOf(parse, Io) is not { } directory)
        {
            return ExitCodes.NoJournal;
        }

        AuditVerification verification;
        try
        {
            verification = AuditVerifier.Verify(directory, against);
        }
        catch (UnauthorizedAccessException e)
        {
            return Refuse(
                parse,
                "audit_unavailable",
                e.Message,
                "Verify as the account that owns the journal, or as root.",
                ExitCodes.NoJournal
            );
        }

        if (WantsJson(parse))
        {
            WriteJson(verification);
        }
        else
        {
            WriteText(verification);
        }

        var exitCode = ExitCodes.Of(verification.Verdict);
        return parse.GetValue(_save) is { } path ? await SaveAsync(parse, verification, path, exitCode).ConfigureAwait(false) : exitCode;
    }

    /// <summary>Saves the last checkpoint, but none of a log that is not what was written: it would vouch for that.</summary>
    private async Task<int> SaveAsync(ParseResult parse, AuditVerification verification, string path, int exitCode)
    {
        var isWhole =
            verification.Verdict
            is AuditVerdict.Clean
                or AuditVerdict.UnsignedTail
                or AuditVerdict.TornTail
                or AuditVerdict.SelfConsistentOnly;
        if (!isWhole || verification.LastCheckpoint is not { } checkpoint)
        {
            Io.Refuse(
                isWhole
                    ? "There is no checkpoint to save: nobody has signed."
                    : "No checkpoint is saved of a journal that is not what was written.",
                isWhole ? "Make a key: osl audit key init." : "Keep a copy of the journal, and the checkpoints that you have."
            );
            return exitCode == ExitCodes.Done ? ExitCodes.Failed : exitCode;
        }

        try
        {
            await new CheckpointFileSink(path).KeepAsync(checkpoint, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Refuse(
                parse,
                "configuration",
                $"The checkpoint could not be saved: {e.Message}",
                "Name another file.",
                ExitCodes.Failed
            );
        }

        return exitCode;
    }

    private void WriteText(AuditVerification verification)
    {
        var journal = verification.Journal;
        Io.Print($"{ExitCodes.NameOf(verification.Verdict)}: {Meaning(verification)}");
        var table = new Table(new Column(""), new Column("", Squeeze.Wrap, Least: 20));
        table.Add("log", journal.LogId is null ? "-" : Line($"{journal.LogId}, {journal.Segments} segments"));
        table.Add("records", Line($"{journal.Records}, {verification.Signed} signed, {verification.Proven} proven"));
        table.Add("root", journal.Root);
        if (verification.LastCheckpoint is { } last)
        {
            table.Add(
                "checkpoint",
                Line($"{last.Time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}, segment {last.Segment}, offset {last.Offset}")
            );
            table.Add("key", last.KeyFingerprint);
        }

        foreach (var finding in journal.Findings.Take(MostFindings))
        {
            table.Add(finding.IsProblem ? "problem" : "note", finding.ToString());
        }

        if (journal.Findings.Count > MostFindings)
        {
            table.Add("", Line($"{journal.Findings.Count - MostFindings} more"));
        }

        table.WriteTo(Io);
    }

    private static string Meaning(AuditVerification verification) =>
        verification.Verdict switch
        {
            AuditVerdict.Clean => Line($"all {verification.Journal.Records} records are proven."),
            AuditVerdict.UnsignedTail => Line(
                $"{verification.Proven} of {verification.Journal.Records} records are proven; nothing proves those after them yet."
            ),
            AuditVerdict.TornTail => Line(
                $"{verification.Proven} of {verification.Journal.Records} records are proven; the end is cut off within a frame, as by a kill."
            ),
            AuditVerdict.Tampered => Where(verification),
            AuditVerdict.RolledBack => "this is an older state than the checkpoint that is kept elsewhere.",
            AuditVerdict.WrongKey => "it is signed, but not by the key that was given, nor by one that it names.",
            AuditVerdict.SelfConsistentOnly => "it agrees with itself, and nothing was given to prove it against: --key or --checkpoint.",
            _ => "there is no record.",
        };

    private static string Where(AuditVerification verification) =>
        verification.FirstProblem is not { } problem ? "not what was written."
        : problem.Record is { } record ? Line($"at record {record}, segment {problem.Segment}, offset {problem.Offset}.")
        : Line($"in segment {problem.Segment}, offset {problem.Offset}.");

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void WriteJson(AuditVerification verification) =>
        Json.WriteObject(
            Io.Out,
            json =>
            {
                var journal = verification.Journal;
                json.WriteString("verdict"u8, ExitCodes.NameOf(verification.Verdict).Replace(' ', '_').Replace('-', '_'));
                json.WriteNumber("records"u8, journal.Records);
                json.WriteNumber("signed"u8, verification.Signed);
                json.WriteNumber("proven"u8, verification.Proven);
                json.WriteNumber("segments"u8, journal.Segments);
                json.WriteString("log"u8, journal.LogId);
                json.WriteString("root"u8, journal.Root);
                json.WriteString("checkpoint"u8, verification.LastCheckpoint?.ToString());
                json.WriteString("key"u8, verification.LastCheckpoint?.KeyFingerprint);
                json.WriteNumber("findings"u8, journal.Findings.Count);
                if (verification.FirstProblem is { } problem)
                {
                    AuditText.WriteProblem(json, problem);
                }
            }
        );
}
