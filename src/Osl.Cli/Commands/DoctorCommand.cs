using System.CommandLine;
using Osl.Cli.Output;

namespace Osl.Cli.Commands;

/// <summary>Says what this machine can enforce, and what osl uses here.</summary>
internal sealed class DoctorCommand(GlobalOptions globals, CliIo io)
    : OslCommand("doctor", "Say what this machine can enforce, and where policy, journal and registry lie.", globals, io)
{
    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl doctor", "One line each: yes or no, what was found, and what to do about a no."),
        new("osl doctor --json", "The same as JSON, one object a line."),
    ];

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Write(parse, Surroundings.Account());
        Write(parse, Surroundings.Journal(Globals.AuditDirectoryOf(parse, Io)));
        Write(parse, Surroundings.Registry());
        Write(parse, Surroundings.Policy(Globals.PolicyFileOf(parse, Io)));
        // Fails where a policy is given: this version must not ignore it.
        await using var host = Globals.CreateHost(parse, Io);
        foreach (var capability in host.Capabilities.Items)
        {
            Write(parse, new Finding(capability.Name, capability.Available, capability.Detail, capability.Remedy));
        }

        return ExitCodes.Done;
    }

    private void Write(ParseResult parse, Finding finding)
    {
        if (!WantsJson(parse))
        {
            var remedy = finding.IsFine || finding.Remedy is null ? "" : $" -> {finding.Remedy}";
            Io.Out.Write(
                $"{(finding.IsFine ? "yes" : "no"), -3}  {finding.Name, -24}  {Operations.DisplayText.Escape(finding.Detail + remedy)}\n"
            );
            return;
        }

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
}
