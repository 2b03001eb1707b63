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
    private const int MostNamed = 5;

    private readonly Argument<string> _what = new("OPERATION|INDEX")
    {
        Description =
            "The id of an operation, or its beginning if no other begins so: all its records. Or the index of a record: that one.",
    };

    internal AuditShowCommand(GlobalOptions globals, CliIo io)
        : base("show", "Show everything that the journal holds of one operation, or one record.", globals, io)
    {
        Arguments.Add(_what);
        Validators.Add(command =>
        {
            if (command.GetValue(_what) is { } what && !IsBeginning(what) && !TryParseIndex(what, out _))
            {
                command.AddError(
                    $"'{what}' is neither an operation's id or its beginning (8 to 32 hexadecimal digits) nor the index of a record."
                );
            }
        });
    }

    internal override IReadOnlyList<Example> Examples { get; } = [new("osl audit show 0", "The first record of the journal, in full.")];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) =>
        Task.FromResult(Show(parse));

    /// <summary>Shorter ones would be a moment of the clock, not an operation; and digits alone may be an index.</summary>
    private static bool IsBeginning(string text) => text.Length is >= 8 and <= 32 && text.All(char.IsAsciiHexDigit);

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
        // An index of eight digits and more is one where there is such a record.
        var found = TryParseIndex(what, out var index) ? FindRecord(reader, index) : [];
        var isIndex = found.Count > 0;
        var problems = 0;
        if (!isIndex && IsBeginning(what))
        {
            (found, problems) = FindOperation(reader, what);
            var operations = found.Select(entry => entry.Record!.Operation).Distinct().ToList();
            if (operations.Count > 1)
            {
                return Refuse(
                    parse,
                    "ambiguous",
                    $"{operations.Count} operations begin with {what}.",
                    $"Give more of it: {string.Join(", ", operations.Take(MostNamed))}{(operations.Count > MostNamed ? ", …" : "")}.",
                    ExitCodes.WrongUsage
                );
            }
        }

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
            else if (entry.Record!.Operation?.ToString().StartsWith(operation, StringComparison.OrdinalIgnoreCase) is true)
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
