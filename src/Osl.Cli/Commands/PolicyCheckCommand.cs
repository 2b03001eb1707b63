using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Operations;
using Osl.Security.Policies;

namespace Osl.Cli.Commands;

/// <summary>Says whether a policy loads.</summary>
internal sealed class PolicyCheckCommand : PolicyCommand
{
    private readonly Argument<string> _file = FileArgument();

    internal PolicyCheckCommand(GlobalOptions globals, CliIo io)
        : base("check", "Say whether a policy loads; if not, where and why.", globals, io) => Arguments.Add(_file);

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl policy check policy.yaml", "Its hash and how many rules it has; or every reason why it does not load."),
        new("osl policy check policy.yaml --json", "The same as JSON."),
    ];

    internal override IReadOnlyList<string> Details { get; } =
    [
        "A policy loads as a whole or not at all. Exits with 0 when it does, with 1 when it does not.",
        "A file that others may change loads here, so that policies can be written anywhere; nothing would be judged by it.",
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var file = parse.GetValue(_file)!;
        if (Read(parse, file) is not { } policy)
        {
            return Task.FromResult(ExitCodes.Failed);
        }

        var distrust = PolicyFile.WhyNotTrusted(file);
        if (WantsJson(parse))
        {
            Json.WriteObject(
                Io.Out,
                json =>
                {
                    json.WriteString("file"u8, file);
                    json.WriteString("hash"u8, policy.Hash);
                    json.WriteNumber("rules"u8, policy.Document.Rules.Count);
                    json.WriteBoolean("trusted"u8, distrust is null);
                }
            );
        }
        else
        {
            Io.Print(
                DisplayText.Escape(
                    string.Create(CultureInfo.InvariantCulture, $"{file}: loads, rules: {policy.Document.Rules.Count}, hash {policy.Hash}")
                )
            );
            if (distrust is not null)
            {
                Io.Print(DisplayText.Escape($"{file}: would not be used as it lies there: {distrust}"));
            }
        }

        return Task.FromResult(ExitCodes.Done);
    }
}
