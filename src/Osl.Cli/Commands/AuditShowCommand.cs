using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>Shows one operation from its intent to its end, or one record.</summary>
internal sealed class AuditShowCommand : OslCommand
{
    private readonly Argument<string> _what = new("OPERATION|INDEX")
    {
        Description = "The id of an operation: all its records. Or the index of a record: that one.",
    };

    internal AuditShowCommand(GlobalOptions globals, CliIo io)
        : base("show", "Show everything that the journal holds of one operation, or one record.", globals, io)
    {
        Arguments.Add(_what);
        Validators.Add(command =>
        {
            if (command.GetValue(_what) is { } what && !OperationId.TryParse(what, out _) && !TryParseIndex(what, out _))
            {
                command.AddError($"'{what}' is neither an operation's id (32 hexadecimal digits) nor the index of a record.");
            }
        });
    }

    internal override IReadOnlyList<Example> Examples { get; } = [new("osl audit show 0", "The first record of the journal, in full.")];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) =>
        Task.FromResult(Show(parse));

    private static bool TryParseIndex(string text, out long index) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && text.Length < 19;

    private int Show(ParseResult parse)
    {
        var (reader, message, remedy) = AuditCommands.Open(Globals.AuditDirectoryOf(parse, Io));
        if (reader is null)
        {
            return Refuse(parse, "audit_unavailable", message, remedy, ExitCodes.NoJournal);
        }

        var what = parse.GetRequiredValue(_what);
        var isIndex = TryParseIndex(what, out var index);
        var (found, problems) = isIndex ? (FindRecord(reader, index), 0) : FindOperation(reader, what);
        foreach (var entry in found)
        {
            Write(parse, entry);
        }

        if (problems > 0)
        {
            Io.Refuse($"{problems} place(s) of the journal can't be read; there may be more than is shown.", "See 'osl audit list'.");
        }

        if (found.Count == 0)
        {
            return Refuse(parse, "not_found", $"The journal has no record of {what}.", "See 'osl audit list'.", ExitCodes.NotFound);
        }

        if (!isIndex && !WantsJson(parse) && Unfinished(found))
        {
            Io.Out.Write("No outcome is recorded: it is still running, or its host was lost.\n");
        }

        return problems > 0 ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static List<AuditEntry> FindRecord(AuditReader reader, long index)
    {
        foreach (var entry in reader.Read(new AuditReadOptions { From = index }))
        {
            if (entry.Index == index && entry.Problem is null)
            {
                return [entry];
            }

            if (entry.Index > index)
            {
                break;
            }
        }

        return [];
    }

    private static (List<AuditEntry> Found, int Problems) FindOperation(AuditReader reader, string operation)
    {
        var found = new List<AuditEntry>();
        var problems = 0;
        foreach (var entry in reader.Read())
        {
            if (entry.Problem is not null)
            {
                problems++;
            }
            else if (string.Equals(entry.Record!.Operation?.ToString(), operation, StringComparison.Ordinal))
            {
                found.Add(entry);
            }
        }

        return (found, problems);
    }

    private static bool Unfinished(List<AuditEntry> found) =>
        found.Exists(entry => entry.Record is { Type: AuditRecordType.Intent })
        && !found.Exists(entry => entry.Record is { Type: AuditRecordType.Outcome });

    private void Write(ParseResult parse, AuditEntry entry)
    {
        if (WantsJson(parse))
        {
            AuditText.WriteJson(Io.Out, entry);
        }
        else
        {
            AuditText.WriteAll(Io.Out, entry);
        }
    }

    private int Refuse(ParseResult parse, string code, string message, string remedy, int exitCode)
    {
        if (WantsJson(parse))
        {
            Json.WriteError(Io.Out, code, message, remedy);
        }

        Io.Refuse(message, remedy);
        return exitCode;
    }
}
