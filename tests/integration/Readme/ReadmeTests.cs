using System.Runtime.Versioning;
using Osl.Operations;

namespace Osl.Tests.Integration.Readme;

/// <summary>
/// Every block of the README is executed and compared with what it really does, a test each (knowledge/readme-transcripts.md). A
/// block that nobody would run fails.
/// </summary>
[UnsupportedOSPlatform("windows")]
[Collection(nameof(Managers))]
public sealed class ReadmeTests(ReadmeClone clone) : IClassFixture<ReadmeClone>
{
    private const string Transcripts = "console";
    private const string OnAClone = "console clone";
    private const string Commands = "sh";
    private const string Source = "csharp ";

    /// <summary>A safety net; a build on a busy machine takes minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan PatienceWithBuilds = TimeSpan.FromMinutes(9);

    public static TheoryData<string> OfTranscripts => Of(kind => kind is Transcripts);

    public static TheoryData<string> OfTranscriptsOnAClone => Of(kind => kind is OnAClone);

    public static TheoryData<string> OfCommands => Of(kind => kind is Commands);

    public static TheoryData<string> OfSources => Of(kind => kind.StartsWith(Source, StringComparison.Ordinal));

    [Fact]
    public void Every_block_is_one_that_is_run()
    {
        Assert.NotEmpty(ReadmeBlock.All);
        Assert.Equal(
            ReadmeBlock.All.Select(block => block.Title),
            ReadmeBlock
                .All.Where(block =>
                    block.Kind is Transcripts or OnAClone or Commands || block.Kind.StartsWith(Source, StringComparison.Ordinal)
                )
                .Select(block => block.Title),
            StringComparer.Ordinal
        );
        Assert.All(ReadmeBlock.All, block => Assert.NotEmpty(block.Lines));
    }

    [Theory]
    [MemberData(nameof(OfTranscripts))]
    public async Task A_transcript_shows_what_happens(string block) => await PlayAsync(Find(block), directory: null, Patience);

    [Theory]
    [MemberData(nameof(OfTranscriptsOnAClone))]
    [Trait("Needs", "feed")]
    public async Task A_transcript_on_a_fresh_clone_shows_what_happens(string block) =>
        await PlayAsync(Find(block), clone.Copy(), PatienceWithBuilds);

    [Theory]
    [MemberData(nameof(OfCommands))]
    public void A_command_without_output_is_one_that_the_checks_run(string block)
    {
        var checks = File.ReadAllText(Path.Combine(ReadmeBlock.Repository, ".ci", "run"));
        Assert.All(Find(block).Lines, line => Assert.Contains($"readme_has \"{line}\"", checks, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(OfSources))]
    public void Code_is_that_of_a_sample_which_a_transcript_runs(string block)
    {
        var source = Find(block);
        var file = source.Kind[Source.Length..];
        Assert.Equal(File.ReadAllLines(Path.Combine(ReadmeBlock.Repository, file)), source.Lines);
        var run = $"$ dotnet run --project {Path.GetDirectoryName(file)}";
        Assert.Contains(ReadmeBlock.All, other => other.Kind is OnAClone && other.Lines.Contains(run, StringComparer.Ordinal));
    }

    private static async Task PlayAsync(ReadmeBlock block, string? directory, TimeSpan patience)
    {
        var whyNot = TranscriptShell.WhyNot();
        Assert.SkipUnless(whyNot is null, whyNot ?? "");
        using var shell = await TranscriptShell.StartAsync(directory, patience);
        if (directory is null)
        {
            File.Copy(Path.Combine(ReadmeBlock.Repository, "samples", "Deploy", "deploy.sh"), Path.Combine(shell.Home, "deploy.sh"));
        }

        var expectation = new Expectation(Principal.Current.Name, shell.Home);
        string? different = null;
        foreach (var step in Transcript.Parse(block.Lines))
        {
            different = await TryAsync(shell, expectation, step, patience);
            if (different is not null)
            {
                break;
            }
        }

        // What a transcript has started it has ended; a reader may leave the terminal there.
        var left = await shell.RunAsync("osl ps --json | sed -n 's/.*\"pgid\":\\([0-9]*\\).*/\\1/p'");
        foreach (var pgid in left)
        {
            await shell.RunAsync($"osl kill-group {pgid} --signal KILL");
        }

        Assert.True(different is null, $"README.md:{block.Line} {different}");
        Assert.Empty(left);
    }

    /// <summary>
    /// A command is run once. Only what osl ps shows is asked for until it is as written: what was started takes a moment to start
    /// its own.
    /// </summary>
    private static async Task<string?> TryAsync(TranscriptShell shell, Expectation expectation, TranscriptStep step, TimeSpan patience)
    {
        var looksOnly = step.Command.StartsWith("osl ps", StringComparison.Ordinal);
        using var limit = new CancellationTokenSource(patience);
        while (true)
        {
            var printed = await shell.RunAsync(expectation.Resolve(step.Command));
            var different = expectation.Compare(step.Expected, printed);
            if (different is null || !looksOnly || limit.IsCancellationRequested)
            {
                return different is null ? null : $"'{step.Command}': {different}";
            }
        }
    }

    private static ReadmeBlock Find(string title) =>
        ReadmeBlock.All.Single(block => string.Equals(block.Title, title, StringComparison.Ordinal));

    private static TheoryData<string> Of(Func<string, bool> isIt) =>
        [.. ReadmeBlock.All.Where(block => isIt(block.Kind)).Select(block => block.Title)];
}
