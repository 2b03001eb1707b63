using System.CommandLine;
using Osl.Cli.Output;
using Osl.Security.Policies;

namespace Osl.Cli.Commands;

/// <summary>Prints the schema by which editors complete and check policy files.</summary>
internal sealed class PolicySchemaCommand(GlobalOptions globals, CliIo io)
    : PolicyCommand("schema", "Print the JSON schema of policy files, for editors.", globals, io)
{
    internal override IReadOnlyList<Example> Examples { get; } =
    [new("osl policy schema", "For an editor: keep it in a file, and begin a policy with # yaml-language-server: $schema=FILE")];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (WantsJson(parse))
        {
            Json.WriteObject(Io.Out, json => json.WriteString("schema"u8, PolicySchema.Text));
        }
        else
        {
            Io.Print(PolicySchema.Text.TrimEnd('\n'));
        }

        return Task.FromResult(ExitCodes.Done);
    }
}
