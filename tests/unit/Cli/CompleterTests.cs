using System.CommandLine;
using Osl.Cli.Completion;
using Xunit;

namespace Osl.Tests.Unit.Cli;

public sealed class CompleterTests
{
    /// <summary>Names of values for which there is nothing to offer.</summary>
    private static readonly string[] Free =
    [
        "D",
        "K=V",
        "MASK",
        "TEXT",
        "N",
        "NAME",
        "LINE",
        "PROGRAM",
        "T",
        "ACTION",
        "OUTCOME",
        "INDEX",
        "SIZE",
    ];

    private static readonly string[] Offered =
    [
        "SIGNAL",
        "PGID",
        "PID",
        "DIR",
        "FILE",
        "CASES",
        "ID",
        "OPERATION|INDEX",
        "SHELL",
        "DECISION",
        "RELATION",
        "LEVEL",
        "CLASS",
        "PATH",
        "NAME=VALUE",
    ];

    [Theory]
    [InlineData("kill-group", "ki")]
    [InlineData("ps audit help", "")]
    [InlineData("help", "he")]
    [InlineData("own-child own-group", "policy", "explain", "--target", "own")]
    [InlineData("ps audit", "help", "")]
    [InlineData("kill-group", "help", "ki")]
    [InlineData("list key", "help", "audit", "")]
    [InlineData("", "help", "run", "")]
    [InlineData("list show follow report export verify key", "audit", "")]
    [InlineData("--group --grace", "run", "--gr")]
    [InlineData("--signal", "kill-group", "--s")]
    [InlineData("TERM", "signal", "77", "TER")]
    [InlineData("SIGTERM", "signal", "77", "SIGTER")]
    [InlineData("77", "kill-group", "7")]
    [InlineData("88", "signal", "8")]
    [InlineData("77", "signal", "--group", "")]
    [InlineData("99", "ps", "--host", "")]
    [InlineData("77", "ps", "--group", "")]
    [InlineData("77", "run", "--group", "")]
    [InlineData("KILL", "kill-group", "77", "--signal", "KI")]
    [InlineData("KILL", "kill-group", "77", "--signal", "=", "KI")]
    [InlineData("HUP TERM", "kill-group", "77", "--signal", "=")]
    [InlineData("--signal=KILL", "kill-group", "77", "--signal=KI")]
    [InlineData("web worker", "start", "")]
    [InlineData("worker", "stop", "wo")]
    [InlineData("web", "restart", "we")]
    [InlineData("web", "status", "w")]
    [InlineData("db", "status", "--dir", "other", "")]
    [InlineData("db", "stop", "--dir=other", "d")]
    [InlineData("db", "stop", "--dir", "=", "other", "")]
    [InlineData("", "stop", "web", "w")]
    [InlineData("", "run", "--user", "we")]
    [InlineData("0abc", "audit", "show", "")]
    [InlineData("0abc", "audit", "list", "--operation", "0")]
    [InlineData("init show rotate", "audit", "key", "")]
    [InlineData("require-approval", "audit", "list", "--decision", "r")]
    [InlineData("bash zsh fish", "completion", "")]
    [InlineData(":directories", "run", "--cwd", "/t")]
    [InlineData(":directories", "--audit-dir", "")]
    [InlineData("cgroup", "run", "--containment", "c")]
    [InlineData("ptrace", "run", "--refuse", "pt")]
    [InlineData(":files", "run", "--read", "x")]
    [InlineData("open-files=", "run", "--limit", "o")]
    [InlineData(":files", "run", "--id-file", "x")]
    [InlineData(":program 1", "run", "")]
    [InlineData(":program 2", "run", "--", "")]
    [InlineData(":program 4", "run", "--timeout", "5s", "--", "ls", "--co")]
    [InlineData(":program 1", "run", "ls", "--json", "")]
    [InlineData("", "run", "--timeout", "")]
    [InlineData("", "run", "--reason=x")]
    [InlineData("", "bogus", "also-bogus", "x")]
    [InlineData("", "signal", "77", "TERM", "x")]
    public void What_is_offered_holds(string expected, params string[] words)
    {
        var offered = Ask(words);
        Assert.All(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Chunk(expected.StartsWith(':') ? 2 : 1),
            candidate => Assert.Contains(string.Join(' ', candidate), offered, StringComparer.Ordinal)
        );
        Assert.Equal(expected.Length == 0, offered.Count == 0);
    }

    [Fact]
    public void Nothing_hidden_is_offered_and_nothing_that_does_not_fit()
    {
        Assert.DoesNotContain("complete", Ask(""), StringComparer.Ordinal);
        Assert.Equal(["completion"], Ask("comp"));
        Assert.Empty(Ask("kill-group", "8"));
        Assert.All(Ask("run", "--g"), option => Assert.StartsWith("--g", option, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_name_of_a_value_is_known_to_the_completion()
    {
        var root = Terminal.Application().Root;
        var names = Below(root)
            .Where(command => !command.Hidden)
            .SelectMany(command =>
                command
                    .Options.Where(option => option.Arity.MaximumNumberOfValues > 0)
                    .Select(option => option.HelpName ?? $"{option.Name} has no name for its value")
                    .Concat(command.Arguments.Select(argument => argument.Name))
            )
            .Distinct(StringComparer.Ordinal)
            .ToList();
        Assert.Empty(names.Except(Free.Concat(Offered), StringComparer.Ordinal));
        Assert.Empty(Offered.Except(names, StringComparer.Ordinal));
    }

    private static List<string> Ask(params string[] words)
    {
        var root = Terminal.Application().Root;
        var run = root.Subcommands.Single(command => command.Name is "run");
        return [.. new Completer(root, run, new Fixed()).Complete(words).Select(candidate => candidate.Text)];
    }

    private static IEnumerable<Command> Below(Command command) => command.Subcommands.SelectMany(Below).Prepend(command);

    private sealed class Fixed : ILiveValues
    {
        public IEnumerable<Candidate> Groups() => [new("77", "sleep")];

        public IEnumerable<Candidate> Processes(bool isHost) => [new(isHost ? "99" : "88", "sleep")];

        public IEnumerable<Candidate> Operations() => [new("0abc", "run_process")];

        public IEnumerable<Candidate> Managed(string? directory) =>
            directory is "other" ? [new("db", "running")] : [new("web", "running"), new("worker", "idle")];
    }
}
