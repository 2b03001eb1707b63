namespace Osl.Tests.Integration.Readme;

/// <summary>A fenced block of the README.</summary>
/// <param name="Line">Where its fence stands, from 1.</param>
/// <param name="Kind">What stands after the fence: <c>console</c>, <c>console clone</c>, <c>csharp FILE</c>, <c>sh</c>.</param>
/// <param name="Lines">What stands in it.</param>
internal sealed record ReadmeBlock(int Line, string Kind, IReadOnlyList<string> Lines)
{
    private const string Fence = "```";

    /// <summary>How a test calls it.</summary>
    internal string Title => $"README.md:{Line} {(Lines.Count > 0 ? Lines[0] : "")}";

    /// <summary>The folder that Osl.sln lies in.</summary>
    internal static string Repository { get; } = FindRepository();

    /// <summary>Every block of the README, in its order.</summary>
    internal static IReadOnlyList<ReadmeBlock> All { get; } = Parse(File.ReadAllLines(Path.Combine(Repository, "README.md")));

    internal static IReadOnlyList<ReadmeBlock> Parse(IReadOnlyList<string> text)
    {
        var blocks = new List<ReadmeBlock>();
        for (var at = 0; at < text.Count; at++)
        {
            // A fence that is indented is one of a list; nobody would look into it.
            Assert.False(
                text[at].StartsWith(' ') && text[at].TrimStart().StartsWith(Fence, StringComparison.Ordinal),
                $"line {at + 1}: an indented block"
            );
            if (!text[at].StartsWith(Fence, StringComparison.Ordinal))
            {
                continue;
            }

            var begin = at;
            while (++at < text.Count && !string.Equals(text[at], Fence, StringComparison.Ordinal)) { }
            Assert.True(at < text.Count, $"line {begin + 1}: a block without an end");
            blocks.Add(new(begin + 1, text[begin][Fence.Length..].Trim(), [.. text.Skip(begin + 1).Take(at - begin - 1)]));
        }

        return blocks;
    }

    private static string FindRepository()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Osl.sln")))
        {
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("Osl.sln is not above the built tests.");
        }

        return at;
    }
}
