namespace Osl.Tests.Integration.Readme;

/// <summary>One command of a transcript, and what is said to come of it.</summary>
internal sealed record TranscriptStep(string Command, IReadOnlyList<string> Expected);

/// <summary>A block of commands and their output, as a shell shows them: <c>$ command</c>, <c>&gt; more of it</c>, output.</summary>
internal static class Transcript
{
    private const string Prompt = "$ ";
    private const string Continuation = "> ";

    internal static IReadOnlyList<TranscriptStep> Parse(IReadOnlyList<string> lines)
    {
        var steps = new List<TranscriptStep>();
        for (var at = 0; at < lines.Count; )
        {
            Assert.True(lines[at].StartsWith(Prompt, StringComparison.Ordinal), $"output of no command: {lines[at]}");
            var command = lines[at++][Prompt.Length..];
            for (; at < lines.Count && lines[at].StartsWith(Continuation, StringComparison.Ordinal); at++)
            {
                command += $"\n{lines[at][Continuation.Length..]}";
            }

            var expected = lines.Skip(at).TakeWhile(line => !line.StartsWith(Prompt, StringComparison.Ordinal)).ToList();
            at += expected.Count;
            steps.Add(new(command, expected));
        }

        Assert.NotEmpty(steps);
        return steps;
    }
}
