using System.CommandLine;
using Osl.Cli.Output;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>The commands that review the audit journal, and prove it.</summary>
internal static class AuditCommands
{
    internal static Command Create(GlobalOptions globals, CliIo io) =>
        new("audit", "Review what was asked, decided and done, and prove it.")
        {
            new AuditListCommand(globals, io),
            new AuditShowCommand(globals, io),
            new AuditFollowCommand(globals, io),
            new AuditReportCommand(globals, io),
            new AuditExportCommand(globals, io),
            new AuditVerifyCommand(globals, io),
            new Command("key", "Make, show and change the key that signs the journal.")
            {
                new AuditKeyCommand(AuditKeyCommand.Init, globals, io),
                new AuditKeyCommand(AuditKeyCommand.Show, globals, io),
                new AuditKeyCommand(AuditKeyCommand.Rotate, globals, io),
            },
        };

    /// <summary>The journal, if it can be read; else why not.</summary>
    internal static (AuditReader? Reader, string Message, string Remedy) Open(string? directory)
    {
        if (directory is null)
        {
            return (null, "There is no audit journal: no home directory to keep it under.", "Name one with --audit-dir or OSL_AUDIT_DIR.");
        }

        var reader = new AuditReader(directory);
        return reader.Exists
            ? (reader, "", "")
            : (
                null,
                $"There is no audit journal in {directory}.",
                "Name another with --audit-dir or OSL_AUDIT_DIR; it is made by the first operation."
            );
    }
}

/// <summary>A command that shows what the journal holds.</summary>
internal abstract class AuditCommand(string name, string description, GlobalOptions globals, CliIo io)
    : OslCommand(name, description, globals, io)
{
    internal override IReadOnlyList<ExitCodeLine> ExitCodeTable => ExitCodes.OfReviewTable;

    internal override bool OnlyLooks => true;

    /// <summary>Opens the journal, or says why it can't be.</summary>
    private protected AuditReader? Open(ParseResult parse)
    {
        var (reader, message, remedy) = AuditCommands.Open(Globals.AuditDirectoryOf(parse, Io));
        if (reader is null)
        {
            Refuse(parse, "audit_unavailable", message, remedy, ExitCodes.NoJournal);
        }

        return reader;
    }

    private protected int Refuse(ParseResult parse, string code, string message, string remedy, int exitCode)
    {
        if (WantsJson(parse))
        {
            Json.WriteError(Io.Out, code, message, remedy);
        }

        Io.Refuse(message, remedy);
        return exitCode;
    }

    /// <summary>Says how much of what was shown is proven, and whether something could not be read.</summary>
    private protected int Conclude(AuditReview review, bool toPeople)
    {
        if (toPeople)
        {
            Io.Print(AuditText.ProofOf(review));
        }

        return TellProblems(review);
    }

    /// <summary>Says on standard error what could not be read; gives the exit code for it.</summary>
    private protected int TellProblems(AuditReview review)
    {
        if (review.Damage is { } damage)
        {
            return TellDamage(damage, review.IsCutShort);
        }

        if (review.Problems == 0)
        {
            return ExitCodes.Done;
        }

        Io.Refuse(
            review.Problems == 1 ? "One record can't be understood." : $"{review.Problems} records can't be understood.",
            "A newer osl may understand it; 'osl audit verify' tells whether it is what was written."
        );
        return ExitCodes.Failed;
    }

    /// <summary>Says where the journal is damaged; gives the exit code for it.</summary>
    private protected int TellDamage(JournalFinding damage, bool isCutShort)
    {
        Io.Refuse(
            $"{AuditText.Describe(damage)} {(isCutShort ? "What follows is not shown." : "It lies before what is shown, where records may be missing.")}",
            "'osl audit verify' looks at all of it. Keep a copy of the journal as it is."
        );
        return damage.IsProblem ? ExitCodes.Tampered : ExitCodes.TornTail;
    }
}
