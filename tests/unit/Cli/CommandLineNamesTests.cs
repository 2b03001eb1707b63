using System.Text.RegularExpressions;
using Osl.Cli.Parsing;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Cli;

/// <summary>Who types a command line is told of options and arguments, not of the members of records.</summary>
public sealed partial class CommandLineNamesTests
{
    private static readonly SpawnProcessOperation Spawn = new("prog");

    /// <summary>Every way in which something that a command line can say, or a mistake of ours behind it, fails validation.</summary>
    public static TheoryData<string> Failures => [.. new[]
            {
                Of(Spawn with { Program = "" }),
                Of(Spawn with { Program = "a\0b" }),
                Of(Spawn with { Program = new string('x', 40_000) }),
                Of(Spawn.WithArguments(["ok", "a\0b", "\ud800"])),
                Of(Spawn.WithEnvironmentVariable("A\0", "v")),
                Of(Spawn.WithEnvironmentVariable("A", "v\0")),
                Of(Spawn.WithEnvironmentVariable("A", "\udc00")),
                Of(Spawn.WithEnvironmentVariable("", "v")),
                Of(Spawn.WithEnvironmentVariable(OperationId.MarkerVariable, "v")),
                Of(Spawn with { WorkingDirectory = "" }),
                Of(Spawn with { WorkingDirectory = "a\0" }),
                Of(Spawn.WithProcessGroup(0)),
                Of(Spawn.WithProcessGroup(-7)),
                Of(Spawn.WithProcessGroup(1)),
                Of(Spawn.WithProcessGroup(7).WithDetachFromTerminal()),
                Of(Spawn.WithProcessGroup(7).WithLifetime(ProcessLifetime.Detached)),
                Of(Spawn.WithTimeLimit(TimeSpan.Zero)),
                Of(Spawn.WithTimeLimit(TimeSpan.FromDays(366))),
                Of(Spawn.WithTimeLimit(TimeSpan.FromDays(1)).WithLifetime(ProcessLifetime.Detached)),
                Of(Spawn.WithGracePeriod(TimeSpan.FromDays(2))),
                Of(Spawn.WithGracePeriod(TimeSpan.FromDays(-1))),
                Of(Spawn.WithForegroundTerminal()),
                Of(Spawn.WithNewProcessGroup().WithDetachFromTerminal().WithForegroundTerminal()),
                Of(Spawn.WithCapturedOutput().WithLifetime(ProcessLifetime.Detached)),
                Of(Spawn with { StandardInput = StandardInputKind.Pipe }),
                Of(
                    Spawn with
                    {
                        StandardOutput = new() { Kind = StandardOutputKind.Pipe },
                        StandardError = new() { Kind = StandardOutputKind.Pipe },
                    }
                ),
                Of(Spawn with { StandardOutput = new() { Kind = StandardOutputKind.SameAsOutput } }),
                new ProcessSignalValidator()
                    .Validate(new ProcessSignalOperation(0, Signal.Hangup))
                    .Errors.Select(failure => failure.ErrorMessage),
                new ProcessSignalValidator()
                    .Validate(new ProcessSignalOperation(-1, default))
                    .Errors.Select(failure => failure.ErrorMessage),
                new ProcessSignalValidator()
                    .Validate(ProcessSignalOperation.ForGroup(-1, default))
                    .Errors.Select(failure => failure.ErrorMessage),
                new KillProcessGroupValidator().Validate(new KillProcessGroupOperation(0)).Errors.Select(failure => failure.ErrorMessage),
                new KillProcessGroupValidator()
                    .Validate(new KillProcessGroupOperation(4711) { StopSequence = StopSequence.Graceful(TimeSpan.FromDays(9)) })
                    .Errors.Select(failure => failure.ErrorMessage),
                new KillProcessGroupValidator()
                    .Validate(new KillProcessGroupOperation(4711) { StopSequence = StopSequence.Starting(default, TimeSpan.Zero) })
                    .Errors.Select(failure => failure.ErrorMessage),
            }.SelectMany(failures => failures).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_failure_names_what_was_typed(string failure)
    {
        var told = CommandLineNames.Describe(failure);
        Assert.NotEqual(failure, told, StringComparer.Ordinal);
        Assert.DoesNotMatch(Member(), told);
        Assert.EndsWith(".", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_member_that_a_command_line_sets_has_a_name()
    {
        // Those beyond are not the command line's to set, so far.
        string[] others = ["CpuAffinity", "IoPriority", "EqualityContract", "LongestTimeLimit", "InputText", "InputFrom"];
        var members = typeof(SpawnProcessOperation)
            .GetProperties()
            .Where(member => member.CanWrite)
            .Select(member => member.Name)
            .Except(others, StringComparer.Ordinal);
        Assert.All(
            members,
            member =>
                Assert.NotEqual($"Spawn.{member} is wrong.", CommandLineNames.Describe($"Spawn.{member} is wrong."), StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Places_are_counted_as_people_count()
    {
        Assert.Equal("argument 3 holds a NUL character.", CommandLineNames.Describe("Spawn.Arguments[2] holds a NUL character."));
        Assert.Equal("PGID is odd.", CommandLineNames.Describe("Target.Pgid is odd."));
        Assert.Equal("--group is odd.", CommandLineNames.Describe("Spawn.ProcessGroup.Target.Pgid is odd."));
        Assert.Equal("Something else entirely.", CommandLineNames.Describe("Something else entirely."));
    }

    [Fact]
    public void An_error_of_another_kind_is_told_as_it_is()
    {
        var denied = new Denied("rule", "because.", "Nothing.");
        Assert.Equal((denied.Message, denied.Remedy), CommandLineNames.Tell(denied));
        Assert.Contains("--help", CommandLineNames.Tell(new ValidationFailed(["Signal is missing."])).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_file_it_is_not_said_to_correct_the_command_line_whatever_its_remedy_is()
    {
        const string remedy = "Correct the operation and send it again.";
        Assert.Equal(remedy, CommandLineNames.Tell(new ValidationFailed(["Signal is missing."], remedy)).Remedy);
    }

    private static IEnumerable<string> Of(SpawnProcessOperation spawn) =>
        new SpawnProcessValidator()
            .Validate(spawn)
            .Errors.Concat(new RunProcessValidator().Validate(new RunProcessOperation(spawn)).Errors)
            .Select(failure => failure.ErrorMessage);

    /// <summary>A word with a capital inside it, or two words joined by a full stop: what records have and sentences don't.</summary>
    [GeneratedRegex(
        @"\b[A-Z][a-z]+[A-Z]\w*|\b[A-Z][a-z]+\.[A-Z]|\[\d+\]|\bDetached\b",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Member();
}
