using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Hosting;
using Osl.Hosting.Policies;
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
        if (Read(parse, file, toShow: false) is not { } policy)
        {
            return Task.FromResult(ExitCodes.Failed);
        }

        var distrust = PolicyFile.WhyNotTrusted(file);
        var added = HashWhereAdded(file, policy);
        if (WantsJson(parse))
        {
            Json.WriteObject(
                Io.Out,
                json =>
                {
                    json.WriteString("file"u8, file);
                    json.WriteString("hash"u8, policy.Hash);
                    if (added is not null)
                    {
                        json.WriteString("added_hash"u8, added);
                    }

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
            if (added is not null)
            {
                Io.Print(
                    DisplayText.Escape($"{file}: where it is added to the policy that holds here, audit records name both by {added}")
                );
            }

            if (distrust is not null)
            {
                Io.Print(DisplayText.Escape($"{file}: would not be used as it lies there: {distrust}"));
            }
        }

        return Task.FromResult(ExitCodes.Done);
    }

    /// <summary>The hash of an audit record while this policy is the one that is added; null where it is the base itself, or there is none.</summary>
    private static string? HashWhereAdded(string file, CompiledPolicy policy)
    {
        if (
            OslDirectories.HasSystemPolicy
            && string.Equals(Path.GetFullPath(file), OslDirectories.SystemPolicyFile, StringComparison.Ordinal)
        )
        {
            return null;
        }

        try
        {
            return new LayeredPolicy(HostPolicy.Compose(own: null, []).Current, policy).Hash;
        }
        catch (OslConfigurationException)
        {
            // The system's does not load, which is told by whatever is judged; this file may well.
            return null;
        }
    }
}
