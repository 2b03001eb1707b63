using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Hosting.Managing;
using Osl.Hosting.Templates;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;

namespace Osl.Cli.Commands;

/// <summary>Keeps the processes of a directory of templates running.</summary>
internal sealed class ManageCommand : OslCommand
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private readonly Argument<string> _directory = new("DIR") { Description = "A directory of templates, NAME.yaml each." };

    private readonly Option<bool> _check = Values.Flag("--check", "Only read the templates.");

    internal ManageCommand(GlobalOptions globals, CliIo io)
        : base("manage", "Keep the processes of a directory of templates running.", globals, io)
    {
        Arguments.Add(_directory);
        Options.Add(_check);
    }

    internal override IReadOnlyList<string> Details { get; } =
    [
        "Processes with runOnStartup are started now, the others by 'osl start NAME'. One template that does not load refuses all. Templates are read at the start only: for one that has changed, end the manager and start it again. What a template is: knowledge/template-format.md.",
        "On a terminal a table is kept up to date; else each change is one line, with --json one object. What the processes write goes to standard error, each line with its name, unless a template says otherwise.",
        "When it ends (Ctrl-C, SIGTERM, SIGHUP) it ends its processes, all at once, each by its stop sequence, but for detached ones. A second Ctrl-C or SIGTERM, half a second after the first or later, kills who is left. It exits with 0 then, or with 5 where somebody survived. If it is killed, the next one takes those up, and ends what else may be left, before it starts anything.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [new("osl manage services --check", "Say what services/*.yaml define, or what is wrong with them, and start nothing.")];

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_check))
        {
            return Check(parse);
        }

        using var stop = new StopRequests(time: Io.Time);
        using var screen = new ManageScreen(Io, WantsJson(parse));
        await using var host = Globals.CreateHost(parse, Io);
        var opened = await TemplateManager
            .OpenAsync(host, parse.GetValue(_directory)!, GlobalOptions.Context("osl manage"), Io.Time, screen.WriterOf)
            .ConfigureAwait(false);
        if (!opened.TryPickT0(out var manager, out var error))
        {
            return Fail(parse, error);
        }

        await using (manager.ConfigureAwait(false))
        {
            using var hurry = stop.Urgent.UnsafeRegister(static manager => _ = ((TemplateManager)manager!).HurryAsync(), manager);
            using var notices = manager.Manager.Subscribe();
            try
            {
                manager.Listen();
            }
            catch (Exception e) when (e is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
            {
                return Fail(
                    parse,
                    new OperationFailed(
                        "no_socket",
                        $"The control socket can't be made ({(e as SocketException)?.SocketErrorCode.ToString() ?? e.Message.TrimEnd('.')}).",
                        "Its path, below XDG_RUNTIME_DIR or the state directory, may have 107 bytes (unix(7)), and nothing may be in its way."
                    )
                );
            }

#pragma warning disable CA2025 // Awaited below; nothing before that throws but what ends osl.
            var telling = TellAsync(manager.Manager, notices, screen, stop.Token);
#pragma warning restore CA2025
            foreach (var (name, failure) in await manager.StartAsync(stop.Token).ConfigureAwait(false))
            {
                Io.Refuse($"{name}: {failure.Message}", failure.Remedy);
            }

            await telling.ConfigureAwait(false);
            // Told as it happens: an end may take as long as a stop sequence.
#pragma warning disable CA2025 // Awaited below; what throws in between ends osl.
            var drained = screen.DrainAsync(notices);
#pragma warning restore CA2025
            await manager.DisposeAsync().ConfigureAwait(false);
            await drained.ConfigureAwait(false);
            return Ended(manager.Survivors);
        }
    }

    /// <summary>
    /// To have ended because somebody asked for it is no failure, whatever the signal: a service manager would take 143 for one. What could
    /// not be ended is one, though the host tries once more.
    /// </summary>
    private int Ended(IReadOnlyList<string> survivors)
    {
        if (survivors.Count == 0)
        {
            return ExitCodes.Done;
        }

        Io.Refuse(
            $"Not ended by its stop sequence: {string.Join(", ", survivors)}.",
            "See with 'osl ps' who is there, and in the journal ('osl audit list') why."
        );
        return ExitCodes.Survivors;
    }

    private int Check(ParseResult parse)
    {
        if (!new TemplateDirectory(parse.GetValue(_directory)!).LoadAll().TryPickT0(out var templates, out var error))
        {
            return Fail(parse, error);
        }

        var table = new Table(
            new Column("NAME"),
            new Column("STARTUP"),
            new Column("DETACHED"),
            new Column("PROGRAM", Squeeze.Crop, Least: 12)
        );
        foreach (var template in templates)
        {
            var isDetached = template.Spawn.Lifetime == ProcessLifetime.Detached;
            if (WantsJson(parse))
            {
                Json.WriteObject(
                    Io.Out,
                    json =>
                    {
                        json.WriteString("name"u8, template.Name);
                        json.WriteBoolean("run_on_startup"u8, template.RunOnStartup);
                        json.WriteBoolean("detached"u8, isDetached);
                        json.WriteString("program"u8, template.Spawn.Program);
                    }
                );
            }

            table.Add(template.Name, template.RunOnStartup ? "yes" : "no", isDetached ? "yes" : "no", template.Spawn.Program);
        }

        if (!WantsJson(parse))
        {
            table.WriteTo(Io);
        }

        return ExitCodes.Done;
    }

    /// <summary>Until somebody ends it.</summary>
    private async Task TellAsync(ProcessManager manager, Subscription<ProcessNotice> notices, ManageScreen screen, CancellationToken stop)
    {
        try
        {
            Task<Published<ProcessNotice>?>? next = null;
            while (true)
            {
                screen.Show(manager);
                next ??= notices.NextAsync(stop).AsTask();
                if (!screen.IsLive)
                {
                    await next.ConfigureAwait(false);
                }
                else
                {
                    using var tick = CancellationTokenSource.CreateLinkedTokenSource(stop);
                    await Task.WhenAny(next, Task.Delay(Refresh, Io.Time, tick.Token)).ConfigureAwait(false);
                    await tick.CancelAsync().ConfigureAwait(false);
                    stop.ThrowIfCancellationRequested();
                }

                if (next.IsCompleted)
                {
                    screen.Tell((await next.ConfigureAwait(false))!.Value);
                    next = null;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }
}

/// <summary>Asks a manager that runs.</summary>
internal sealed class ControlCommand : OslCommand
{
    internal const string DirectoryOption = "--dir";

    private readonly ControlVerb _verb;
    private readonly Argument<string?> _name;
    private readonly Option<string?> _directory = new(DirectoryOption)
    {
        HelpName = "DIR",
        Description = "The manager's templates; not needed where one manager runs.",
    };

    internal ControlCommand(ControlVerb verb, string name, string description, GlobalOptions globals, CliIo io, params Example[] examples)
        : base(name, description, globals, io)
    {
        _verb = verb;
        Examples = examples;
        _name =
            verb == ControlVerb.Status
                ? new("NAME") { Description = "The name of a template; without it, all are shown.", Arity = ArgumentArity.ZeroOrOne }
                : new("NAME") { Description = "The name of a template.", Arity = ArgumentArity.ExactlyOne };
        _directory.Validators.Add(GlobalOptions.NotEmpty);
        Arguments.Add(_name);
        Options.Add(_directory);
    }

    internal override IReadOnlyList<Example> Examples { get; }

    /// <summary>The manager is under its own policy, and does what is judged.</summary>
    internal override bool IsUnderPolicy => false;

    internal override bool NeedsOutput(ParseResult parse) => _verb == ControlVerb.Status;

    internal static IEnumerable<OslCommand> All(GlobalOptions globals, CliIo io) =>
        [
            new ControlCommand(
                ControlVerb.Start,
                "start",
                "Start a process of a manager that runs (osl manage).",
                globals,
                io,
                new Example("osl start worker --dir services", "Start what the template worker says, and wait until it runs.")
            ),
            new ControlCommand(
                ControlVerb.Stop,
                "stop",
                "End a process of a manager that runs, and wait until nobody of it is alive.",
                globals,
                io,
                new Example("osl stop web --dir services", "End it by its stop sequence; it is not started again.")
            ),
            new ControlCommand(
                ControlVerb.Restart,
                "restart",
                "End a process of a manager that runs, and start it again.",
                globals,
                io,
                new Example("osl restart web --dir services", "End it, by force if it has to be, and start it.")
            ),
            new ControlCommand(
                ControlVerb.Status,
                "status",
                "Show what a manager that runs knows of its processes.",
                globals,
                io,
                new Example("osl status --dir services", "One line for each template."),
                new Example("osl status web --json --dir services", "One of them, as JSON.")
            ),
        ];

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var name = parse.GetValue(_name);
        if (name is not null && ProcessTemplate.WhyNoName(name) is { } flaw)
        {
            return Fail(parse, new ValidationFailed([$"'{DisplayText.Escape(name)}' names no template: {flaw}."]));
        }

        if (!PlaceOf(parse).TryPickT0(out var place, out var missing))
        {
            return Fail(parse, missing);
        }

        using var stop = new StopRequests();
        OneOf<IReadOnlyList<ProcessLine>, OperationError> answer;
        try
        {
            answer = await ControlClient.AskAsync(place, new ControlRequest(_verb, name), Io.Time, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.ExitCode != 0)
        {
            return stop.ExitCode;
        }

        if (!answer.TryPickT0(out var lines, out var error))
        {
            return Fail(parse, error, ExitCodes.OfCode(error));
        }

        if (WantsJson(parse))
        {
            foreach (var line in lines)
            {
                Json.WriteObject(Io.Out, line.WriteTo);
            }
        }
        else
        {
            ManageScreen.TableOf(lines).WriteTo(Io);
        }

        return ExitCodes.Done;
    }

    private OneOf<ManagerPlace, OperationError> PlaceOf(ParseResult parse)
    {
        if (parse.GetValue(_directory) is { } directory)
        {
            return ManagerPlace.Of(directory) is { } named ? named : new NotFound("a place for managers", "Set XDG_RUNTIME_DIR or HOME.");
        }

        var running = ControlClient.Running();
        return running.Count switch
        {
            1 => running[0],
            0 => new NotFound("a manager that runs", "Start one: osl manage DIR."),
            _ => new ValidationFailed([
                string.Create(CultureInfo.InvariantCulture, $"{running.Count} managers run; name the templates of one with --dir."),
            ]),
        };
    }
}
