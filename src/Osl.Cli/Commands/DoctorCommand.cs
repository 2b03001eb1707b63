using System.CommandLine;
using Osl.Cli.Output;

namespace Osl.Cli.Commands;

/// <summary>Says what this machine can enforce, and what osl uses here.</summary>
internal sealed class DoctorCommand : OslCommand
{
    private readonly Option<string[]> _require = new("--require")
    {
        HelpName = "LINE",
        Description = "Fail, with 1, unless this line says yes. Can be repeated.",
    };

    internal DoctorCommand(GlobalOptions globals, CliIo io)
        : base("doctor", "Say what this machine can enforce, and where policy, journal and registry lie.", globals, io) =>
        Options.Add(_require);

    internal override IReadOnlyList<string> Details { get; } =
    [
        "One line each: yes or no, what was found, and for a no what to do about it. A no is not an error: osl exits with 0, unless a line that is required says no. Nothing is changed; a few short programs are started to find out.",
        "The line 'sandbox' says whether osl run can limit paths (--read, --write, --exec), network (--no-network) and system calls (--refuse) here; namespaces, landlock and seccomp, by what.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl doctor", "One line each: yes or no, what was found, and what to do about a no."),
        new("osl doctor --json", "The same as JSON, one object a line."),
        new("osl doctor --require pidfd --require guardian", "For a script that must not go on without these."),
    ];

    /// <summary>It reports a policy that does not load, and then fails like any other.</summary>
    internal override bool IsUnderPolicy => false;

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>
        {
            Surroundings.Account(),
            Surroundings.Journal(Globals.AuditDirectoryOf(parse, Io)),
            Surroundings.Registry(),
            TerminalProbe.Examine(Io),
        };
        findings.InsertRange(findings.Count - 1, Surroundings.Policies(Globals.PolicyFileOf(parse, Io)));
        try
        {
            // Fails where a policy does not load.
            await using var host = Globals.CreateHost(parse, Io);
            findings.AddRange(host.Capabilities.Items.Select(Of));
        }
        finally
        {
            Write(parse, findings);
        }

        return Judge(parse, findings);
    }

    private static Finding Of(Executors.Capability capability) =>
        new(capability.Name, capability.Available, capability.Detail, capability.Remedy);

    private int Judge(ParseResult parse, List<Finding> findings)
    {
        var missing = new List<string>();
        foreach (var name in parse.GetValue(_require) ?? [])
        {
            var finding = findings.Find(finding => string.Equals(finding.Name, name, StringComparison.Ordinal));
            if (finding is null)
            {
                return Refuse(
                    parse,
                    "usage",
                    $"There is no line '{name}'.",
                    $"There are {string.Join(", ", findings.Select(line => line.Name))}.",
                    ExitCodes.WrongUsage
                );
            }

            if (!finding.IsFine)
            {
                missing.Add(name);
            }
        }

        if (missing.Count == 0)
        {
            return ExitCodes.Done;
        }

        var lacking = $"Required, and not to be had: {string.Join(", ", missing)}.";
        return Refuse(parse, "required", lacking, "The lines above say what to do.", ExitCodes.Failed);
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

    private void Write(ParseResult parse, List<Finding> findings)
    {
        if (WantsJson(parse))
        {
            findings.ForEach(WriteJson);
            return;
        }

        var table = new Table(new Column(""), new Column(""), new Column("", Squeeze.Wrap, Least: 30));
        foreach (var finding in findings)
        {
            var remedy = finding.IsFine || finding.Remedy is null ? "" : $" -> {finding.Remedy}";
            table.Add(
                finding.IsFine ? Cell.Of("yes", Tone.Good) : Cell.Of("no", Tone.Bad),
                Cell.Of(finding.Name),
                Cell.Of(finding.Detail + remedy)
            );
        }

        table.WriteTo(Io);
    }

    private void WriteJson(Finding finding) =>
        Json.WriteObject(
            Io.Out,
            json =>
            {
                json.WriteString("name"u8, finding.Name);
                json.WriteBoolean("available"u8, finding.IsFine);
                json.WriteString("detail"u8, finding.Detail);
                if (finding.Remedy is not null)
                {
                    json.WriteString("remedy"u8, finding.Remedy);
                }
            }
        );
}
