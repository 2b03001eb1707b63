using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Cli.Policies;
using Osl.Operations;
using Osl.Security.Policies;

namespace Osl.Cli.Commands;

/// <summary>Asks a policy the questions of a file, and says which answers are not the expected ones.</summary>
internal sealed class PolicyTestCommand : PolicyCommand
{
    private readonly Argument<string> _file = FileArgument();
    private readonly Argument<string> _cases = new("CASES") { Description = "A file of cases with the decisions that are expected." };

    internal PolicyTestCommand(GlobalOptions globals, CliIo io)
        : base("test", "Ask a policy the questions of a file, and compare the answers.", globals, io)
    {
        Arguments.Add(_file);
        Arguments.Add(_cases);
    }

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl policy test policy.yaml cases.yaml", "One line for each case that fails, with the reason; how many there are."),
        new("osl policy test policy.yaml cases.yaml --json", "One object for each case."),
    ];

    internal override IReadOnlyList<string> Details { get; } =
    [
        "Nothing is started or looked up: a case says everything that the policy is asked. knowledge/policy-format.md says how. Exits with 0 when every case passes, with 1 when one fails or a file does not load.",
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (Read(parse, parse.GetValue(_file)!, toShow: true) is not { } policy)
        {
            return Task.FromResult(ExitCodes.Failed);
        }

        if (PolicyFile.ReadCases(parse.GetValue(_cases)!).TryPickT1(out var refusal, out var cases))
        {
            PolicyProblems.Write(Io, WantsJson(parse), refusal);
            return Task.FromResult(ExitCodes.Failed);
        }

        var results = cases.Select(one => one.Run(policy)).ToList();
        results.ForEach(WantsJson(parse) ? WriteJson : Write);
        var failed = results.Count(result => !result.Passed);
        if (!WantsJson(parse))
        {
            Io.Print(string.Create(CultureInfo.InvariantCulture, $"{results.Count} cases, {failed} failed"));
        }

        return Task.FromResult(failed == 0 ? ExitCodes.Done : ExitCodes.Failed);
    }

    private void Write(PolicyCaseResult result)
    {
        if (result.Passed)
        {
            return;
        }

        var decision = result.Explanation.Decision;
        var expected = $"{EffectText.Of(result.Case.Expect)}{(result.Case.Rule is { } rule ? $" by '{rule}'" : "")}";
        Io.Print(
            DisplayText.Escape(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"line {result.Case.Line}: {result.Case.Name}: expected {expected}, is {EffectText.Of(decision.Effect)} by '{decision.Rule}'"
                )
            )
        );
        ExplanationText.Write(Io, result.Explanation);
    }

    private void WriteJson(PolicyCaseResult result) =>
        Json.WriteObject(
            Io.Out,
            json =>
            {
                json.WriteString("name"u8, result.Case.Name);
                json.WriteNumber("line"u8, result.Case.Line);
                json.WriteBoolean("passed"u8, result.Passed);
                json.WriteString("expected"u8, EffectText.Of(result.Case.Expect));
                json.WriteString("decision"u8, EffectText.Of(result.Explanation.Decision.Effect));
                json.WriteString("rule"u8, result.Explanation.Decision.Rule);
            }
        );
}
