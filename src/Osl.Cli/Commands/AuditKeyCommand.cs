using System.CommandLine;
using Osl.Cli.Output;
using Osl.Hosting;
using Osl.Operations;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>What can be done with the key of a journal: each prints the public key.</summary>
/// <param name="Name">The command.</param>
/// <param name="Description">What it does.</param>
/// <param name="Detail">What to know of it.</param>
/// <param name="Example">How it is used.</param>
/// <param name="Changes">Whether it leaves something behind.</param>
/// <param name="Do">Does it, in a directory.</param>
internal sealed record KeyDeed(
    string Name,
    string Description,
    string Detail,
    Example Example,
    bool Changes,
    Func<string, OneOf<AuditPublicKey, OperationError>> Do
);

/// <summary>Makes, shows or changes the key that signs the journal.</summary>
internal sealed class AuditKeyCommand : OslCommand
{
    internal static readonly KeyDeed Init = new(
        "init",
        "Make the key that signs the audit journal from now on, and print its public half.",
        "It lies beside the journal: DIR-keys for a journal in DIR. Where that directory is, osl signs; if the key can't be used then, or the journal is not the one it signed, nothing is started.",
        new("osl audit key init --out k.pem", "Writes the public key: keep it where the journal's writers can't reach it."),
        Changes: true,
        AuditKeys.Init
    );

    internal static readonly KeyDeed Show = new(
        "show",
        "Print the public half of the newest key that signs the audit journal.",
        "For 'osl audit verify --key FILE'.",
        new("osl audit key init && osl audit key show --json", "The public key and its fingerprint."),
        Changes: false,
        AuditKeys.Show
    );

    internal static readonly KeyDeed Rotate = new(
        "rotate",
        "Make a new key; the next checkpoint names it, signed by the one before.",
        "Whoever keeps the old public key can still verify: it leads to the new one. The old private key is removed once the journal names the new one.",
        new("osl audit key init && osl audit key rotate", "Changes the key."),
        Changes: true,
        AuditKeys.Rotate
    );

    private readonly KeyDeed _deed;

    private readonly Option<string?> _out = new("--out")
    {
        HelpName = "FILE",
        Description = "Write the public key to a new file, and print its fingerprint. A file that is there is left as it is.",
    };

    internal AuditKeyCommand(KeyDeed deed, GlobalOptions globals, CliIo io)
        : base(deed.Name, deed.Description, globals, io)
    {
        _deed = deed;
        Details = [deed.Detail];
        Examples = [deed.Example];
        _out.Validators.Add(GlobalOptions.NotEmpty);
        Options.Add(_out);
    }

    internal override IReadOnlyList<string> Details { get; }

    internal override IReadOnlyList<Example> Examples { get; }

    internal override bool OnlyLooks => !_deed.Changes;

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) => Task.FromResult(Do(parse));

    private int Do(ParseResult parse)
    {
        if (_deed.Changes)
        {
            Globals.RefuseOtherJournal(parse, Io);
        }

        if (Globals.AuditDirectoryOf(parse, Io) is not { } audit)
        {
            return Fail(parse, new AuditUnavailable("there is no home directory to keep it in; name a directory (--audit-dir)"));
        }

        var file = parse.GetValue(_out);
        if (file is not null)
        {
            GlobalOptions.RefuseToWrite("--out", "Leave it out, and redirect what 'osl audit key show' prints.");
            // Before anything is done: what is asked for twice, as by the up arrow, changes nothing.
            if (OslDirectories.IsOccupied(file))
            {
                return Refuse(parse, $"{file} is there already, and is left as it is.");
            }
        }

        var directory = GlobalOptions.KeysOf(audit);
        if (_deed.Do(directory).TryPickT1(out var refused, out var key))
        {
            return Fail(parse, refused);
        }

        if (file is not null)
        {
            try
            {
                key.Save(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                return Refuse(
                    parse,
                    $"{(_deed.Changes ? "The key was made, and its" : "The")} public half could not be written: {e.Message}"
                );
            }
        }

        if (WantsJson(parse))
        {
            Json.WriteObject(
                Io.Out,
                json =>
                {
                    json.WriteString("fingerprint"u8, key.Fingerprint);
                    json.WriteString("public_key"u8, key.ToPem());
                    json.WriteString("directory"u8, directory);
                }
            );
        }
        else if (file is not null)
        {
            Io.Print(DisplayText.Escape($"{file}: the public key, fingerprint {key.Fingerprint}"));
        }
        else
        {
            // As it is to be kept, and nothing else: this goes into a file.
            Io.Out.Write(key.ToPem());
        }

        return ExitCodes.Done;
    }

    private int Refuse(ParseResult parse, string message)
    {
        const string Remedy = "Name another file; 'osl audit key show --out FILE' writes the public key at any time.";
        if (WantsJson(parse))
        {
            Json.WriteError(Io.Out, "configuration", message, Remedy);
        }

        Io.Refuse(message, Remedy);
        return ExitCodes.Failed;
    }
}
