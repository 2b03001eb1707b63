using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Operations.Processes;

namespace Osl.Cli.Commands;

/// <summary>Ends a whole process group and sees to it that nobody is left.</summary>
internal sealed class KillGroupCommand : OslCommand
{
    private readonly Argument<int> _pgid = Values.Id("PGID", "A process group that osl started ('osl ps' shows them).");
    private readonly Option<TimeSpan?> _grace = Values.Duration(
        "--grace",
        "How long it has before SIGKILL: 10s unless said otherwise.",
        StopSequence.LongestWait
    );
    private readonly Option<Signal?> _signal = Values.SignalOption(
        "--signal",
        "The signal to begin with: TERM unless said otherwise. KILL ends it at once."
    );

    internal KillGroupCommand(GlobalOptions globals, CliIo io)
        : base("kill-group", "End a process group as a whole, and wait until nobody in it is alive.", globals, io)
    {
        Options.Add(_grace);
        Options.Add(_signal);
        Arguments.Add(_pgid);
    }

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl kill-group 4711", "SIGTERM to everybody in the group, SIGKILL after 10 seconds to whoever is left."),
        new("osl kill-group 4711 --signal INT --grace 5s", "The same, beginning with SIGINT, and sooner."),
        new("osl kill-group 4711 --signal KILL", "SIGKILL at once."),
    ];

    internal override bool NeedsOutput(ParseResult parse) => false;

    internal override string? WithoutPolicy => EndWithoutPolicy;

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var sequence = StopSequence.Starting(
            parse.GetValue(_signal) ?? Signal.Terminate,
            parse.GetValue(_grace) ?? StopSequence.DefaultGrace
        );
        var operation = new KillProcessGroupOperation(parse.GetValue(_pgid)) { StopSequence = sequence };
        using var stop = new StopRequests();
        await using var host = Globals.CreateHost(parse, Io);
        var outcome = await host.ExecuteAsync(operation, GlobalOptions.Context(), stop.Token).ConfigureAwait(false);
        if (!outcome.TryPickT0(out var result, out var error))
        {
            return Fail(parse, error);
        }

        if (WantsJson(parse))
        {
            WriteJson(result);
        }
        else
        {
            // Those born while it was ending are among the ended, but were not yet there to be counted.
            var seen = Math.Max(result.ProcessesAffected, result.Ended);
            Io.Print($"{result.Ended} of {Counted.Processes(seen)} ended ({result.Forced} by SIGKILL)");
        }

        EscapedNotice.Tell(Io, result.Escaped, host.Processes);

        TellIfUnrecorded(result.OutcomeRecorded);
        return ExitCodes.Done;
    }

    private void WriteJson(StopResult result) =>
        Json.WriteObject(
            Io.Out,
            json =>
            {
                json.WriteString("operation"u8, result.OperationId.ToString());
                json.WriteNumber("pgid"u8, result.TargetPid);
                json.WriteNumber("processes_affected"u8, result.ProcessesAffected);
                json.WriteNumber("ended"u8, result.Ended);
                json.WriteNumber("forced"u8, result.Forced);
                json.WritePids("escaped"u8, result.Escaped);
                json.WriteNumber("duration_ms"u8, (long)result.Duration.TotalMilliseconds);
                json.WriteBoolean("outcome_recorded"u8, result.OutcomeRecorded);
            }
        );
}
