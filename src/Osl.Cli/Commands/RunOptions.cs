using System.CommandLine;
using System.CommandLine.Parsing;
using Osl.Cli.Parsing;
using Osl.Cli.Terminals;
using Osl.Operations.Processes;

namespace Osl.Cli.Commands;

/// <summary>The options of run, and the operation they make.</summary>
internal sealed class RunOptions
{
    private readonly Option<bool> _newGroup = Values.Flag(
        "--new-group",
        "A process group of its own: the default. On a terminal it gets the terminal while it runs."
    );

    private readonly Option<bool> _inheritGroup = Values.Flag("--inherit-group", "The process group of osl.");
    private readonly Option<int?> _group = Values.IdOption("--group", "PGID", "A process group that osl started and that is still there.");
    private readonly Option<bool> _newSession = Values.Flag("--new-session", "A session of its own, without a terminal.");
    private readonly Option<string[]> _environment = new("--env") { HelpName = "K=V", Description = "Set a variable. Can be repeated." };
    private readonly Option<string?> _directory = new("--cwd") { HelpName = "DIR", Description = "Its working directory." };
    private readonly Option<TimeSpan?> _timeout = Values.Duration(
        "--timeout",
        "End it after this time.",
        SpawnProcessOperation.LongestTimeLimit
    );
    private readonly Option<TimeSpan?> _grace = Values.Duration(
        "--grace",
        "How long it has between SIGTERM and SIGKILL: 10s unless said otherwise.",
        StopSequence.LongestWait
    );

    private readonly Option<bool> _detach = Values.Flag(
        "--detach",
        "Start it in a session of its own, without input and output, and let it live on; print its ids."
    );

    private readonly Option<bool> _dryRun = Values.Flag(
        "--dry-run",
        "Start nothing: say what the policy decides, and keep that in the audit journal."
    );

    private readonly Option<string?> _reason = new("--reason") { HelpName = "TEXT", Description = "Why; kept in the audit journal." };

    private readonly ContextOptions _context = new();
    private readonly SandboxOptions _sandbox = new();

    private readonly Option<string?> _idFile = new("--id-file")
    {
        HelpName = "FILE",
        Description = "Write the ids to a file once the program runs: operation, pid, pgid, as one line of JSON.",
    };

    private readonly Option<bool> _pty = Values.Flag("--pty", "A terminal of its own, in a session of its own.");
    private readonly Option<string?> _log = new("--log") { HelpName = "FILE", Description = "Append its output and errors to a file too." };
    private readonly Option<long?> _logSize = Values.Size(
        "--log-size",
        "Rotate that file before it grows beyond this size.",
        StandardOutputConfig.SmallestRotateSize,
        StandardOutputConfig.LargestRotateSize
    );

    private readonly Option<int?> _logCount = Values.Count(
        "--log-count",
        $"How many older files are kept: {StandardOutputConfig.DefaultRotateCount} unless said otherwise."
    );

    private readonly Argument<string[]> _program = new("PROGRAM")
    {
        Description = "The program, then its arguments. From here on nothing is an option of osl.",
        Arity = ArgumentArity.OneOrMore,
    };

    internal void AddTo(Command command)
    {
        _environment.Validators.Add(RequireNameAndValue);
        foreach (
            var option in (Option[])
                [
                    _newGroup,
                    _inheritGroup,
                    _group,
                    _newSession,
                    _environment,
                    _directory,
                    _timeout,
                    _grace,
                    _detach,
                    _dryRun,
                    _reason,
                    _idFile,
                    _pty,
                    _log,
                    _logSize,
                    _logCount,
                ]
        )
        {
            command.Options.Add(option);
        }

        _context.AddTo(command);
        _sandbox.AddTo(command);

        command.Arguments.Add(_program);
        command.Validators.Add(RequireOnePlacement);
        command.Validators.Add(RequireDetachable);
        command.Validators.Add(RequireLog);
        command.Validators.Add(RequireOwnSession);
    }

    /// <summary>Whether a program is named.</summary>
    internal bool HasProgram(CommandResult command) => command.GetResult(_program) is { Tokens.Count: > 0 };

    /// <summary>For a command that can do without a program, and says itself when one is missing.</summary>
    internal void LetProgramBeMissing() => _program.Arity = ArgumentArity.ZeroOrMore;

    internal bool IsDetached(ParseResult parse) => parse.GetValue(_detach);

    /// <summary>Whether it gets a terminal of its own.</summary>
    internal bool HasTerminal(ParseResult parse) => parse.GetValue(_pty);

    internal bool IsDryRun(ParseResult parse) => parse.GetValue(_dryRun);

    internal string? ReasonOf(ParseResult parse) => parse.GetValue(_reason);

    /// <summary>Where the ids go; null when they were not asked for.</summary>
    internal string? IdFileOf(ParseResult parse) => parse.GetValue(_idFile);

    /// <summary>Program and arguments, where they were kept from the parser (<see cref="ProgramBoundary"/>).</summary>
    internal IReadOnlyList<string>? Program { get; set; }

    /// <summary>Program and arguments.</summary>
    private IReadOnlyList<string> CommandLineOf(ParseResult parse) => Program ?? parse.GetValue(_program) ?? [];

    internal SpawnProcessOperation ToOperation(ParseResult parse, bool capture)
    {
        var commandLine = CommandLineOf(parse);
        var spawn = new SpawnProcessOperation(commandLine[0]) { WorkingDirectory = parse.GetValue(_directory) }.WithArguments(
            commandLine.Skip(1)
        );
        spawn = Place(spawn, parse);
        foreach (var variable in parse.GetValue(_environment) ?? [])
        {
            var separator = variable.IndexOf('=', StringComparison.Ordinal);
            spawn = spawn.WithEnvironmentVariable(variable[..separator], variable[(separator + 1)..]);
        }

        if (parse.GetValue(_timeout) is { } limit)
        {
            spawn = spawn.WithTimeLimit(limit);
        }

        if (parse.GetValue(_grace) is { } grace)
        {
            spawn = spawn.WithGracePeriod(grace);
        }

        spawn = _sandbox.AddTo(_context.AddTo(spawn, parse), parse);
        return IsDetached(parse)
            ? spawn
                .WithLifetime(ProcessLifetime.Detached)
                .WithStandardOutput(LogOf(parse) ?? StandardOutputConfig.Null)
                .WithStandardError(LogOf(parse) ?? StandardOutputConfig.Null)
            : WithStreams(spawn, capture ? StandardOutputConfig.Capture() : StandardOutputConfig.Inherit, parse);
    }

    private StandardOutputConfig? LogOf(ParseResult parse) =>
        parse.GetValue(_log) is { } file
            ? StandardOutputConfig.ToRotatedFile(Path.GetFullPath(file), parse.GetValue(_logSize) ?? 0, parse.GetValue(_logCount) ?? 0)
            : null;

    private SpawnProcessOperation WithStreams(SpawnProcessOperation spawn, StandardOutputConfig output, ParseResult parse)
    {
        var log = LogOf(parse);
        if (HasTerminal(parse))
        {
            return log is null
                ? spawn.WithTerminal(TerminalBridge.SizeOfOwn(), output)
                : spawn.WithTerminal(TerminalBridge.SizeOfOwn(), output, log);
        }

        output = log is null ? output : StandardOutputConfig.Tee(output, log);
        spawn = spawn.WithStandardInput(StandardInputKind.Inherit).WithStandardOutput(output).WithStandardError(output);

        var ownGroup = spawn.ProcessGroup.Placement == ProcessGroupPlacement.NewGroup && !spawn.DetachFromTerminal;
        return ownGroup && HandOver.IsDue() ? spawn.WithForegroundTerminal() : spawn;
    }

    private SpawnProcessOperation Place(SpawnProcessOperation spawn, ParseResult parse) =>
        parse.GetValue(_group) is { } group ? spawn.WithProcessGroup(group)
        : parse.GetValue(_inheritGroup) ? spawn
        : parse.GetValue(_newSession) ? spawn.WithNewProcessGroup().WithDetachFromTerminal()
        : spawn.WithNewProcessGroup();

    private static void RequireNameAndValue(OptionResult option)
    {
        foreach (var token in option.Tokens)
        {
            // Not repeated in the message: it may be a secret.
            if (token.Value.IndexOf('=', StringComparison.Ordinal) <= 0)
            {
                option.AddError("--env needs NAME=VALUE.");
            }
        }
    }

    private void RequireOnePlacement(CommandResult command)
    {
        var given = Given(command, _newGroup, _inheritGroup, _group, _newSession);
        if (given.Count > 1)
        {
            command.AddError($"{given[0]} and {given[1]} can't be had together.");
        }
    }

    private void RequireDetachable(CommandResult command)
    {
        if (Given(command, _detach).Count > 0 && Given(command, _inheritGroup, _group, _timeout) is [var first, ..])
        {
            command.AddError(
                $"--detach and {first} can't be had together: what is detached has a session of its own and no end set by osl."
            );
        }
    }

    private void RequireLog(CommandResult command)
    {
        if (Given(command, _log).Count == 0 && Given(command, _logSize, _logCount) is [var first, ..])
        {
            command.AddError($"{first} needs --log: the file that is rotated.");
        }
        else if (Given(command, _logCount).Count > 0 && Given(command, _logSize).Count == 0)
        {
            command.AddError("--log-count needs --log-size: without it the file is not rotated.");
        }
        else if (Given(command, _detach).Count > 0 && Given(command, _logSize).Count > 0)
        {
            command.AddError("--detach and --log-size can't be had together: osl, which rotates the file, is gone by then.");
        }

        // By its token: to ask for the value of an option that was given none throws.
        if (command.GetResult(_log)?.Tokens is [var token] && !IsFileName(token.Value))
        {
            command.AddError("--log needs the name of a file.");
        }
    }

    private static bool IsFileName(string file) =>
        Path.GetFileName(file) is not ("" or "." or "..")
        && file.Length <= StandardOutputConfig.LongestFile
        && !file.Contains('\0', StringComparison.Ordinal);

    private void RequireOwnSession(CommandResult command)
    {
        if (Given(command, _pty).Count > 0 && Given(command, _inheritGroup, _group, _detach) is [var first, ..])
        {
            command.AddError(
                $"--pty and {first} can't be had together: a terminal belongs to a session of its own, and somebody has to be at it."
            );
        }
    }

    private static List<string> Given(CommandResult command, params Option[] options) =>
        [.. options.Where(option => command.GetResult(option) is { Implicit: false }).Select(option => option.Name)];
}
