using Osl.Cli.Policies;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Cli;

/// <summary>What somebody says yes to is what runs: all of it is shown, and nothing looks like a line of osl's own.</summary>
public sealed class TerminalApproverTests
{
    [Theory]
    [InlineData("TOKEN=abc; rm -rf /srv", "secret")]
    [InlineData("--password=abc", "secret")]
    public void What_would_be_masked_can_not_be_approved(string argument, string because) =>
        Assert.Contains(because, TerminalApprover.Unseen(Request(argument)), StringComparison.Ordinal);

    [Fact]
    public void What_would_be_cut_off_can_not_be_approved()
    {
        Assert.Null(TerminalApprover.Unseen(Request(new string('#', 1000))));
        Assert.Contains("longer", TerminalApprover.Unseen(Request(new string('#', 1000) + "; rm -rf /srv")), StringComparison.Ordinal);
        Assert.Contains(new string('#', 1000), TerminalApprover.Question(Request(new string('#', 1000))), StringComparison.Ordinal);
    }

    [Fact]
    public void Blanks_and_line_feeds_make_no_line_of_their_own()
    {
        var question = TerminalApprover.Question(Request($"x{new string(' ', 80)}program: /usr/bin/ls\nprogram: /usr/bin/ls"));

        Assert.DoesNotContain(new string(' ', 3), question, StringComparison.Ordinal);
        Assert.Contains("‹80 blanks›", question, StringComparison.Ordinal);
        Assert.Single(question.Split('\n'), line => line.StartsWith("  program: ", StringComparison.Ordinal));
        Assert.Equal("  all of this is for: /usr/bin/dash", question.Split('\n')[^2]);
    }

    private static ApprovalRequest Request(string argument) =>
        new(
            OperationId.New(DateTimeOffset.UnixEpoch.AddYears(50)),
            new RunProcessOperation(new SpawnProcessOperation("sh").WithArguments(["-c", argument])),
            new OperationContext(new Principal("ada")),
            new OperationFacts { Executable = new ExecutableFacts("sh", "/usr/bin/sh", "/usr/bin/dash", 1, 1, 0, 0x1ed, null) },
            new PolicyDecision(PolicyEffect.RequireApproval, "ask", "somebody has to look")
        );
}
