using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Terminals;
using Osl.Executors;
using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Cli.Commands;

/// <summary>Runs a program and exits as it did.</summary>
internal sealed class RunCommand : OslCommand
{
    private readonly RunOptions _options = new();

    internal RunCommand(GlobalOptions globals, CliIo io)
        : base("run", "Run a program in a process group of its own, and exit as it did.", globals, io)
    {
        _options.AddTo(this);
    }

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl run -- git status --short", "Run git; its output passes through, and osl exits as git does."),
        new("osl run --timeout 30s --grace 2s -- make -j4", "End make and all it started after 30 seconds: SIGTERM, 2 seconds, SIGKILL."),
        new("osl run --env LANG=C --cwd /tmp -- ls -l", "Run ls in another directory, with one variable changed."),
        new("osl run --json -- uname -r", "Print one JSON object: exit code, output, how long it took."),
        new("osl run --detach --reason nightly -- sleep 2", "Start it and let it live on; print its ids."),
        new("osl run --containment cgroup -- make", "Whoever make starts is ended with it, also who leaves its process group."),
        new("osl run --limit open-files=64 --limit cpu-time=30s -- make", "Run make with limits for each of its processes."),
        new(
            "osl run --user nobody --no-new-privileges --umask 077 --cwd / -- id -un",
            "Run id as another account, for which osl has to be root."
        ),
        new(
            "osl run --exec /usr --exec /bin --read . --no-network -- grep -c made Makefile",
            "Run grep where it can read its programs and this directory, write nowhere, and reach no network."
        ),
        new(
            "osl run --no-network --refuse namespace --refuse ptrace -- make",
            "Cut make off from the network and from calls it does not need."
        ),
        new("osl run --dry-run --json -- make", "Start nothing; say whether the policy allows it."),
        new("osl run --log make.log --log-size 10M -- make", "Append what it writes to a file too, which is rotated at 10 MiB."),
        new("osl run --pty --log tty.log -- tty", "Give it a terminal of its own, and keep what it shows."),
        new("osl run --id-file ids.json -- sleep 2", "Run it, and tell another program what to signal or end: its ids in a file."),
    ];

    internal override IReadOnlyList<string> Details { get; } =
    [
        "The program gets osl's input, output and environment, and on a terminal the terminal. When it ends, or osl is told to (Ctrl-C, SIGTERM), whoever it left in its group is ended too.",
        "With --json its output is captured, up to 1 MiB each, and one JSON object is printed at the end.",
        "With --log its output and errors go to the file as well, which is made with mode 0600 in a directory that nobody else can write to; with --detach, to the file alone. FILE.1 is the youngest of the older ones.",
        "With --pty it has a terminal of its own, in a session of its own, as wide and high as osl's; keys go there as they are.",
        "With --read, --write or --exec all other paths are out of its reach, its own program too unless --exec has it. In any sandbox Osl's policy, keys, journal and registry are, set-uid programs gain it nothing, and descriptors that it inherits stay usable. knowledge/sandbox.md says what is not covered.",
        "From PROGRAM on nothing is an option of osl. A PROGRAM whose name begins with - needs -- before it.",
    ];

    internal override IReadOnlyList<ExitCodeLine> ExitCodeTable => ExitCodes.OfRunTable;

    internal override bool NeedsOutput(ParseResult parse) => WantsJson(parse) || _options.IsDetached(parse);

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var spawn = ToOperation(parse);
        var context = GlobalOptions.Context(_options.ReasonOf(parse));
        return _options.IsDryRun(parse) ? DryRunAsync(parse, spawn, context)
            : _options.IsDetached(parse) ? DetachAsync(parse, spawn, context)
            : RunAsync(parse, spawn, context);
    }

    /// <summary>Takes the program and its arguments, which the parser is not given.</summary>
    internal void Take(IReadOnlyList<string>? program) => _options.Program = program;

    /// <summary>What a command line asks for.</summary>
    internal SpawnProcessOperation ToOperation(ParseResult parse) => _options.ToOperation(parse, WantsJson(parse));

    private async Task<int> RunAsync(ParseResult parse, SpawnProcessOperation spawn, OperationContext context)
    {
        // Before the signals are taken over: a FIFO waits for its reader, and can be ended as any program that waits.
        using var ids = IdFile.Open(_options.IdFileOf(parse), Io);
        using var bridge = _options.HasTerminal(parse) && !OperatingSystem.IsWindows() ? new TerminalBridge() : null;
        var control = new JobControl { TerminalStarted = bridge is null ? null : bridge.Start };
        using var stop = new StopRequests(control);
        using var signals = new TerminalSignals(control, bridge);
        await using var host = Globals.CreateHost(parse, Io, control, ids);
        OneOf<RunProcessResult, OperationError> outcome;
        try
        {
            outcome = await host.ExecuteAsync(new RunProcessOperation(spawn), context, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.ExitCode != 0)
        {
            // Its stop sequence is through, and nobody is left.
            return stop.ExitCode;
        }
        finally
        {
            // Before anything more is said: in raw mode lines would not begin where lines begin.
            bridge?.Dispose();
        }

        if (outcome.TryPickT0(out var result, out var error))
        {
            return Report(parse, result, timedOut: false);
        }

        return error is TimedOut { Partial: RunProcessResult ended }
            ? ReportTimeOut(parse, error, ended)
            : Fail(parse, error, ExitCodes.OfRun(error));
    }

    private int ReportTimeOut(ParseResult parse, OperationError error, RunProcessResult ended)
    {
        Io.Refuse(error.Message, error.Remedy);
        Report(parse, ended, timedOut: true);
        return ExitCodes.TimedOut;
    }

    private int Report(ParseResult parse, RunProcessResult result, bool timedOut)
    {
        if (WantsJson(parse))
        {
            RunJson.Write(Io.Out, result, timedOut);
        }

        EscapedNotice.Tell(Io, result.Escaped);

        foreach (var loss in result.StandardOutput.Losses.Concat(result.StandardError.Losses))
        {
            Io.Tell(
                loss.Bytes > 0
                    ? $"{loss.Bytes} bytes of its output did not get to '{loss.Target}': {loss.Reason}."
                    : $"Its output is all in '{loss.Target}', but: {loss.Reason}."
            );
        }

        TellIfUnrecorded(result.OutcomeRecorded);
        if (ExitCodes.OfRun(result.ExitStatus) is { } exitCode)
        {
            return exitCode;
        }

        Io.Refuse(
            "The program has ended, but how can't be known.",
            "Something else in this process waited for it; 'osl doctor' may tell more."
        );
        return ExitCodes.Refused;
    }

    private async Task<int> DryRunAsync(ParseResult parse, SpawnProcessOperation spawn, OperationContext context)
    {
        await using var host = Globals.CreateHost(parse, Io, dryRun: true);
        var outcome = _options.IsDetached(parse)
            ? (await host.ExecuteAsync(spawn, context, CancellationToken.None).ConfigureAwait(false)).AsT1
            : (await host.ExecuteAsync(new RunProcessOperation(spawn), context, CancellationToken.None).ConfigureAwait(false)).AsT1;
        if (outcome is not OperationFailed { HandlerCode: Authorisation.DryRunCode })
        {
            return Fail(parse, outcome, ExitCodes.OfRun(outcome));
        }

        if (WantsJson(parse))
        {
            RunJson.WriteDryRun(Io.Out, outcome);
        }
        else
        {
            Io.Tell(outcome.Message);
        }

        TellIfUnrecorded(outcome.OutcomeRecorded);
        return ExitCodes.Done;
    }

    private async Task<int> DetachAsync(ParseResult parse, SpawnProcessOperation spawn, OperationContext context)
    {
        using var ids = IdFile.Open(_options.IdFileOf(parse), Io);
        await using var host = Globals.CreateHost(parse, Io);
        var outcome = await host.ExecuteAsync(spawn, context, CancellationToken.None).ConfigureAwait(false);
        if (!outcome.TryPickT0(out var started, out var error))
        {
            return Fail(parse, error, ExitCodes.OfRun(error));
        }

        ids?.Write(started.OperationId, started.Pid, started.Pgid);
        if (WantsJson(parse))
        {
            RunJson.Write(Io.Out, started);
        }
        else
        {
            Io.Print($"operation {started.OperationId} pid {started.Pid} pgid {started.Pgid}");
        }

        TellIfUnrecorded(started.OutcomeRecorded);
        return ExitCodes.Done;
    }
}
