using System.CommandLine;
using Osl.Cli.Parsing;
using Osl.Hosting;
using Osl.Operations.Policies;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>What the commands that review the journal share: which records, and what to prove them against.</summary>
internal sealed class ReviewOptions
{
    private const int LargestFile = 16 * 1024;

    private readonly Option<Moment?> _since = Moment.Option("--since", "Only what was written since T.");
    private readonly Option<Moment?> _until = Moment.Option("--until", "Only what was written until T.");
    private readonly Option<string?> _operation = Text("--operation", "ID", "Only one operation; the beginning of its id will do.");
    private readonly Option<bool> _denied = Values.Flag("--denied", "Only what was denied, or lacked an approval.");
    private readonly Option<string?> _principal = Text("--principal", "NAME", "Only on behalf of one principal.");

    private readonly Option<string?> _action = Text(
        "--action",
        "ACTION",
        "Only what was judged as one action (process.start), or of one type (kill_process_group)."
    );

    private readonly Option<string?> _executable = Text("--executable", "PROGRAM", "Only about one program: its path, or its last name.");
    private readonly Option<int?> _pid = Values.IdOption("--pid", "PID", "Only what names one process.");
    private readonly Option<int?> _pgid = Values.IdOption("--pgid", "PGID", "Only what names one process group.");

    private readonly Option<PolicyEffect?> _decision = new("--decision")
    {
        HelpName = "DECISION",
        Description = "Only what was decided so: allow, require-approval or deny.",
        CustomParser = result =>
        {
            PolicyEffect? effect = result.Tokens[0].Value switch
            {
                "allow" => PolicyEffect.Allow,
                "require-approval" => PolicyEffect.RequireApproval,
                "deny" => PolicyEffect.Deny,
                _ => null,
            };
            if (effect is null)
            {
                result.AddError($"--decision: '{result.Tokens[0].Value}' is none; write allow, require-approval or deny.");
            }

            return effect;
        },
    };

    private readonly Option<string?> _outcome = Text(
        "--outcome",
        "OUTCOME",
        "Only with one outcome: succeeded, failed, or an error's code."
    );

    internal static Option<string?> KeyOption() =>
        Text("--key", "FILE", "Prove it against a public key that is kept elsewhere ('osl audit key show').");

    internal static Option<string?> CheckpointOption() =>
        Text("--checkpoint", "FILE", "Prove it against a checkpoint that is kept elsewhere.");

    private readonly Option<string?> _key = KeyOption();
    private readonly Option<string?> _checkpoint = CheckpointOption();

    internal Option<int?> Limit { get; } = Values.Count("--limit", "Only the newest N.");

    internal IEnumerable<Option> Filters =>
        [_since, _until, _operation, _denied, _principal, _action, _executable, _pid, _pgid, _decision, _outcome];

    internal IEnumerable<Option> Proofs => [_key, _checkpoint];

    internal AuditFilter FilterOf(ParseResult parse, CliIo io)
    {
        var now = io.Time.GetUtcNow();
        return new()
        {
            Since = parse.GetValue(_since)?.SeenFrom(now),
            Until = parse.GetValue(_until)?.SeenFrom(now),
            Operation = parse.GetValue(_operation),
            Denied = parse.GetValue(_denied),
            Principal = parse.GetValue(_principal),
            Action = parse.GetValue(_action),
            Executable = parse.GetValue(_executable),
            Pid = parse.GetValue(_pid),
            Pgid = parse.GetValue(_pgid),
            Decision = parse.GetValue(_decision),
            Outcome = parse.GetValue(_outcome),
        };
    }

    internal AuditVerifyOptions AgainstOf(ParseResult parse) => Read(parse.GetValue(_key), parse.GetValue(_checkpoint));

    /// <summary>Reads what a journal is to be proven against.</summary>
    /// <exception cref="OslConfigurationException">A file can't be read, or is not what it should be.</exception>
    internal static AuditVerifyOptions Read(string? key, string? checkpoint) =>
        new()
        {
            Key = key is null
                ? null
                : AuditPublicKey.FromPem(Content(key))
                    ?? throw new OslConfigurationException(
                        $"{key} holds no public key of the kind that signs journals (ECDSA, P-256, PEM).",
                        "Give the file that 'osl audit key show' wrote."
                    ),
            Checkpoint = checkpoint is null
                ? null
                : AuditCheckpoint.TryParse(Content(checkpoint))
                    ?? throw new OslConfigurationException(
                        $"{checkpoint} holds no checkpoint, or not as it was written.",
                        "Give the file that 'osl audit verify --save-checkpoint' or the sink wrote."
                    ),
        };

    private static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description };

    private static string Content(string path)
    {
        try
        {
            using var file = new StreamReader(path);
            var text = new char[LargestFile];
            var length = file.ReadBlock(text);
            return new string(text, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new OslConfigurationException($"{path} can't be read: {e.Message}", "Name a file that can be read.");
        }
    }
}
