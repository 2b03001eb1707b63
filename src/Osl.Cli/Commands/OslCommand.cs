using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Operations;

namespace Osl.Cli.Commands;

/// <summary>One way to use a command, for its help. A test runs them.</summary>
/// <param name="CommandLine">As it would be typed, <c>osl</c> included.</param>
/// <param name="What">What it does.</param>
internal sealed record Example(string CommandLine, string What);

/// <summary>One command of osl: its options, its examples, its exit codes, and what it does.</summary>
internal abstract class OslCommand : Command
{
    private protected OslCommand(string name, string description, GlobalOptions globals, CliIo io)
        : base(name, description)
    {
        Globals = globals;
        Io = io;
        SetAction(ExecuteAsync);
    }

    internal abstract IReadOnlyList<Example> Examples { get; }

    internal virtual IReadOnlyList<ExitCodeLine> ExitCodeTable => ExitCodes.OfOthersTable;

    /// <summary>What its help says beside the one line: paragraphs.</summary>
    internal virtual IReadOnlyList<string> Details => [];

    /// <summary>
    /// Whether it is refused beside a policy that does not load, also where nothing would be judged: a policy that is given is never
    /// silently without effect (adr/0030-a-policy-that-is-there-holds.md).
    /// </summary>
    internal virtual bool IsUnderPolicy => true;

    /// <summary>
    /// Whether it asks for nothing that a policy judges, and so goes on beside one that does not load, saying so
    /// (adr/0032-beside-a-policy-that-does-not-load.md).
    /// </summary>
    internal virtual bool OnlyLooks => false;

    /// <summary>What to do beside a policy that does not load, beyond mending it; null where there is nothing more.</summary>
    internal virtual string? WithoutPolicy => null;

    private protected const string EndWithoutPolicy =
        "Until then what runs ends as its osl run or host does (kill -TERM with the HOST that 'osl ps' shows), or by its own account: kill -TERM -- -PGID.";

    private protected GlobalOptions Globals { get; }

    private protected CliIo Io { get; }

    /// <summary>Does it, and gives the exit code.</summary>
    private protected abstract Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken);

    /// <summary>
    /// Whether it is pointless, or worse, without standard output: what is detached could not be found again. Such a command is
    /// refused when that is closed, before anything is done; ending and signalling never wait for somebody to listen.
    /// </summary>
    internal virtual bool NeedsOutput(ParseResult parse) => true;

    private protected bool WantsJson(ParseResult parse) => parse.GetValue(Globals.Json);

    /// <summary>Tells of a failed operation: to people on standard error, with --json also to programs on standard output.</summary>
    private protected int Fail(ParseResult parse, OperationError error, int exitCode)
    {
        var (message, remedy) = CommandLineNames.Tell(error);
        if (WantsJson(parse))
        {
            Json.WriteError(Io.Out, error, message, remedy);
        }

        Io.Refuse(message, remedy);
        // An unavailable journal has just said so itself.
        if (error is not AuditUnavailable)
        {
            TellIfUnrecorded(error.OutcomeRecorded);
        }

        return exitCode;
    }

    private protected int Fail(ParseResult parse, OperationError error) => Fail(parse, error, ExitCodes.Of(error));

    private protected void TellIfUnrecorded(bool recorded)
    {
        if (!recorded)
        {
            Io.Tell("This could not be recorded in the audit journal; see 'osl doctor'.");
        }
    }
}
