using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Operations.Processes;

namespace Osl.Cli.Commands;

/// <summary>Sends one signal.</summary>
internal sealed class SignalCommand : OslCommand
{
    private readonly Option<bool> _group = Values.Flag("--group", "PID is a process group, and every member is meant.");
    private readonly Argument<int> _pid = Values.Id("PID", "A process that osl started, or with --group a process group.");
    private readonly Argument<Signal> _signal = Values.SignalArgument("SIGNAL", "Its name or number: TERM, SIGTERM, 15.");

    internal SignalCommand(GlobalOptions globals, CliIo io)
        : base("signal", "Send a signal to what osl started, in this or any other osl or host process of yours.", globals, io)
    {
        Options.Add(_group);
        Arguments.Add(_pid);
        Arguments.Add(_signal);
    }

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl signal 4711 HUP", "Ask one process to read its configuration again."),
        new("osl signal --group 4711 TERM", "Ask a whole group to end; 'osl kill-group' also sees to it that it does."),
    ];

    internal override bool NeedsOutput(ParseResult parse) => false;

    internal override string? WithoutPolicy => EndWithoutPolicy;

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var signal = parse.GetValue(_signal);
        var operation = parse.GetValue(_group)
            ? ProcessSignalOperation.ForGroup(parse.GetValue(_pid), signal)
            : new ProcessSignalOperation(parse.GetValue(_pid), signal);
        await using var host = Globals.CreateHost(parse, Io);
        var outcome = await host.ExecuteAsync(operation, GlobalOptions.Context(), cancellationToken).ConfigureAwait(false);
        if (!outcome.TryPickT0(out var result, out var error))
        {
            return Fail(parse, error);
        }

        if (WantsJson(parse))
        {
            Json.WriteObject(
                Io.Out,
                json =>
                {
                    json.WriteString("operation"u8, result.OperationId.ToString());
                    json.WriteNumber(result.IsGroup ? "pgid"u8 : "pid"u8, result.TargetPid);
                    json.WriteString("signal"u8, signal.Name);
                    json.WriteNumber("processes_affected"u8, result.ProcessesAffected);
                    json.WriteBoolean("outcome_recorded"u8, result.OutcomeRecorded);
                }
            );
        }
        else
        {
            Io.Print(
                result.IsGroup
                    ? $"{signal} sent to group {result.TargetPid}: {Counted.Processes(result.ProcessesAffected)}"
                    : $"{signal} sent to process {result.TargetPid}"
            );
        }

        TellIfUnrecorded(result.OutcomeRecorded);
        return ExitCodes.Done;
    }
}
