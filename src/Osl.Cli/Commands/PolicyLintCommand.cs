using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Policies;
using Osl.Security.Policies;

namespace Osl.Cli.Commands;

/// <summary>Says what in a policy probably does not mean what it seems to.</summary>
internal sealed class PolicyLintCommand : PolicyCommand
{
    private readonly Argument<string> _file = FileArgument();

    internal PolicyLintCommand(GlobalOptions globals, CliIo io)
        : base("lint", "Look for rules that never fire, or that allow more than they seem to.", globals, io) => Arguments.Add(_file);

    internal override IReadOnlyList<Example> Examples { get; } =
    [new("osl policy lint policy.yaml", "One line for each finding: where, what, and how to mend it; or that there is none.")];

    internal override IReadOnlyList<string> Details { get; } =
    [
        "Rules that are shadowed or never fire; shells, interpreters, wrappers and launchers with free arguments; loose patterns; letters that look like others; programs that others may replace, that are not there, or that are reached by links on this machine. What it does not find may still be wrong: it knows many programs, not all.",
        "Exits with 0 when there is no finding, with 1 when there is one or the policy does not load.",
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (Read(parse, parse.GetValue(_file)!, toShow: true) is not { } policy)
        {
            return Task.FromResult(ExitCodes.Failed);
        }

        var surroundings = OperatingSystem.IsWindows()
            ? null
            : new LintSurroundings { WhyNotTrusted = PolicyFile.WhyNotTrusted, RealPath = RealPaths.Of };
        var findings = PolicyLinter.Lint(policy, surroundings);
        foreach (var finding in findings)
        {
            if (WantsJson(parse))
            {
                Json.WriteObject(
                    Io.Out,
                    json =>
                    {
                        json.WriteString("code"u8, finding.Code);
                        json.WriteString("rule"u8, finding.Rule);
                        json.WriteNumber("line"u8, finding.Line);
                        json.WriteString("why"u8, finding.Why);
                        json.WriteString("how"u8, finding.How);
                    }
                );
            }
            else
            {
                Io.Print(finding.ToString());
            }
        }

        if (findings.Count == 0 && !WantsJson(parse))
        {
            Io.Print("no findings");
        }

        return Task.FromResult(findings.Count == 0 ? ExitCodes.Done : ExitCodes.Failed);
    }
}
