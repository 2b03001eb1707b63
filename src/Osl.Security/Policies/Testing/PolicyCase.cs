using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>One case of a policy's tests: a question with the answer that is expected. Nothing is started or looked up.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Expect">The expected effect.</param>
public sealed record PolicyCase(string Name, PolicyEffect Expect)
{
    /// <summary>The rule that is expected to decide; null for whichever.</summary>
    public string? Rule { get; init; }

    /// <summary>The action: <c>process.start</c> unless said otherwise.</summary>
    public PolicyAction Action { get; init; } = ProcessActions.Start;

    /// <summary>Who asks.</summary>
    public OperationContext Context { get; init; } = new(new Principal("somebody"));

    /// <summary>What is asked for.</summary>
    public IOperation Operation { get; init; } = new SpawnProcessOperation("");

    /// <summary>What prepare would have found out.</summary>
    public OperationFacts Facts { get; init; } = OperationFacts.None;

    /// <summary>Its line in the file.</summary>
    public int Line { get; init; }

    /// <summary>Asks a policy.</summary>
    /// <param name="policy">Which one.</param>
    public PolicyCaseResult Run(CompiledPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var explanation = policy.Explain(Action, Operation, Context, Facts);
        var decision = explanation.Decision;
        var passed = decision.Effect == Expect && (Rule is null || string.Equals(Rule, decision.Rule, StringComparison.Ordinal));
        return new PolicyCaseResult(this, passed, explanation);
    }
}

/// <summary>What came of a case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Passed">Whether the answer is the expected one.</param>
/// <param name="Explanation">The answer, and why.</param>
public sealed record PolicyCaseResult(PolicyCase Case, bool Passed, PolicyExplanation Explanation);
